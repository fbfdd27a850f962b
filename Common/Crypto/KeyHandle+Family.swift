import COpenSSL

/// The kinds of key that tokens are signed with.
extension KeyHandle {
    enum Family { case rsa, ec, ed25519, other }

    var family: Family {
        switch kind {
        case EVP_PKEY_RSA: .rsa
        case EVP_PKEY_EC: .ec
        case EVP_PKEY_ED25519: .ed25519
        default: .other
        }
    }
}
