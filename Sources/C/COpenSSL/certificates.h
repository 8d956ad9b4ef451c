// What reading certificates needs of OpenSSL beyond functions: macros.
#pragma once
#include <openssl/asn1.h>
#include <openssl/x509.h>

/// Prints a name on one line as UTF-8; negative when it cannot be.
static inline int cellbridge_certificates_print_name(BIO *target, const X509_NAME *name) {
    return X509_NAME_print_ex(target, name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
}
