// OpenSSL 3.0, and functions for those of its names that are macros, which Swift cannot import.
#pragma once
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

long copenssl_ctx_set_min_proto_version(SSL_CTX *context, int version);
long copenssl_ctx_set_mode(SSL_CTX *context, long mode);
long copenssl_ctx_set_session_cache_mode(SSL_CTX *context, long mode);
long copenssl_set_tlsext_host_name(SSL *ssl, const char *name);
long copenssl_bio_get_mem_data(BIO *bio, const char **data);
EVP_PKEY *copenssl_rsa_generate(unsigned bits);
EVP_PKEY *copenssl_ec_p256_generate(void);
int copenssl_pkey_get_size(const EVP_PKEY *key);
int copenssl_pkey_get_bits(const EVP_PKEY *key);
int copenssl_pkey_get_base_id(const EVP_PKEY *key);

// SHA-256 whose state is a plain value: it is copied by assignment, where a context of OpenSSL 3.0 is allocated,
// looked up and wiped for each use, which costs several times what a short message takes.
void copenssl_sha256_init(SHA256_CTX *state);
void copenssl_sha256_update(SHA256_CTX *state, const void *bytes, size_t count);
void copenssl_sha256_final(SHA256_CTX *state, unsigned char *digest);
