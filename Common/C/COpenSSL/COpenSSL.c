// SHA256_Init and its like are called deprecated because they know one implementation, the one wanted here.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "COpenSSL.h"

long copenssl_ctx_set_min_proto_version(SSL_CTX *context, int version) {
    return SSL_CTX_set_min_proto_version(context, version);
}
long copenssl_ctx_set_mode(SSL_CTX *context, long mode) { return SSL_CTX_set_mode(context, mode); }
long copenssl_ctx_set_session_cache_mode(SSL_CTX *context, long mode) {
    return SSL_CTX_set_session_cache_mode(context, mode);
}
long copenssl_set_tlsext_host_name(SSL *ssl, const char *name) { return SSL_set_tlsext_host_name(ssl, name); }
long copenssl_bio_get_mem_data(BIO *bio, const char **data) { return BIO_get_mem_data(bio, (char **)data); }
EVP_PKEY *copenssl_rsa_generate(unsigned bits) { return EVP_RSA_gen(bits); }
EVP_PKEY *copenssl_ec_p256_generate(void) { return EVP_EC_gen("P-256"); }
int copenssl_pkey_get_size(const EVP_PKEY *key) { return EVP_PKEY_get_size(key); }
int copenssl_pkey_get_bits(const EVP_PKEY *key) { return EVP_PKEY_get_bits(key); }
int copenssl_pkey_get_base_id(const EVP_PKEY *key) { return EVP_PKEY_get_base_id(key); }

// They fail for no input.
void copenssl_sha256_init(SHA256_CTX *state) { SHA256_Init(state); }
void copenssl_sha256_update(SHA256_CTX *state, const void *bytes, size_t count) {
    SHA256_Update(state, bytes, count);
}
void copenssl_sha256_final(SHA256_CTX *state, unsigned char *digest) { SHA256_Final(digest, state); }
