// What the simulated module's TLS client needs of OpenSSL beyond functions: macros and casts.
#pragma once
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

/// Lowest and highest protocol version; 0 is whatever the library has.
static inline int cellbridge_tls_set_versions(SSL_CTX *context, int lowest, int highest) {
    return SSL_CTX_set_min_proto_version(context, lowest) && SSL_CTX_set_max_proto_version(context, highest);
}

/// Server Name Indication.
static inline int cellbridge_tls_set_name(SSL *connection, const char *name) {
    return (int)SSL_set_tlsext_host_name(connection, name);
}

/// Adds an intermediate certificate to those shown; its reference is counted.
static inline int cellbridge_tls_add_chain(SSL_CTX *context, X509 *certificate) {
    return (int)SSL_CTX_add1_chain_cert(context, certificate);
}

static inline int cellbridge_tls_no_password(char *buffer, int size, int writing, void *context) {
    (void)buffer, (void)size, (void)writing, (void)context;
    return 0;
}

/// Reads a private key without a password; one with a password is NULL (nobody is asked at the terminal).
static inline EVP_PKEY *cellbridge_tls_read_key(BIO *source) {
    return PEM_read_bio_PrivateKey(source, NULL, cellbridge_tls_no_password, NULL);
}

/// Takes what is waiting in a memory BIO; the count, 0 when there is nothing.
static inline int cellbridge_tls_take(BIO *source, void *buffer, int size) {
    int count = BIO_read(source, buffer, size);
    return count < 0 ? 0 : count;
}
