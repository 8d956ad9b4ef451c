// What the TLS of the socket link needs of OpenSSL beyond functions: macros.
#pragma once
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <string.h>

/// Buffers go back while nothing is under way: a link is idle most of its life. Nobody renegotiates.
static inline void cellbridge_tls_set_habits(SSL_CTX *context) {
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
}

/// Sessions are the owner's to keep (the new-session callback), or nobody's.
static inline void cellbridge_tls_keep_sessions(SSL_CTX *context, int keeps) {
    SSL_CTX_set_session_cache_mode(context, keeps ? SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL : SSL_SESS_CACHE_OFF);
}

/// The group of the key exchange, `X25519`; the length, 0 when there was none.
static inline size_t cellbridge_tls_group(SSL *connection, char *name, size_t size) {
    EVP_PKEY *key = NULL;
    size_t length = 0;
    if (SSL_get_peer_tmp_key(connection, &key) != 1 || key == NULL) return 0;
    if (EVP_PKEY_get_group_name(key, name, size, &length) != 1) {
        const char *type = EVP_PKEY_get0_type_name(key);
        length = type == NULL ? 0 : strlen(type);
        if (length >= size) length = 0;
        memcpy(name, type == NULL ? "" : type, length);
    }
    EVP_PKEY_free(key);
    return length;
}
