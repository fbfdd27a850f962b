import COpenSSL

/// HMAC-SHA-256 (RFC 2104) with a key that is used often: the key schedule is computed once.
///
/// `@unchecked Sendable`: the context is a template that is only ever duplicated after `init`.
package final class HMACKey: @unchecked Sendable {
    private let template: OpaquePointer

    /// Any key length is allowed; 32 bytes is right.
    package init(_ key: some ByteSource) {
        let context = OpenSSL.mustHave(EVP_MAC_CTX_dup(Self.unkeyed), "MAC context")
        key.withBytes { bytes in
            // A null key means "keep the old one" to OpenSSL, so an empty key still needs an address.
            withUnsafePointer(to: 0 as UInt8) { empty in
                let done = EVP_MAC_init(context, bytes.baseAddress ?? empty, bytes.count, nil)
                OpenSSL.mustSucceed(done == 1, "MAC key")
            }
        }
        template = context
    }

    deinit { EVP_MAC_CTX_free(template) }

    /// The code (32 bytes) of the parts as if they were one message.
    package func authenticate(_ parts: any ByteSource...) -> [UInt8] {
        let context = OpenSSL.mustHave(EVP_MAC_CTX_dup(template), "MAC context")
        defer { EVP_MAC_CTX_free(context) }
        for part in parts {
            part.withBytes { bytes in
                if bytes.isEmpty { return }
                let done = EVP_MAC_update(context, bytes.baseAddress, bytes.count)
                OpenSSL.mustSucceed(done == 1, "MAC update")
            }
        }
        return [UInt8](unsafeUninitializedCapacity: 32) { output, written in
            OpenSSL.mustSucceed(
                EVP_MAC_final(context, output.baseAddress, &written, 32) == 1, "MAC end")
        }
    }

    // `nonisolated(unsafe)`: a template that is only duplicated.
    private nonisolated(unsafe) static let unkeyed: OpaquePointer = {
        let algorithm = OpenSSL.mustHave(EVP_MAC_fetch(nil, "HMAC", nil), "HMAC")
        let context = OpenSSL.mustHave(EVP_MAC_CTX_new(algorithm), "MAC context")
        // OSSL_PARAM keeps the addresses of both texts, so they must live until the parameters are set.
        var digest = Array("SHA256".utf8CString)
        "digest".withCString { name in
            digest.withUnsafeMutableBufferPointer { digest in
                let parameters = [
                    OSSL_PARAM_construct_utf8_string(name, digest.baseAddress, 0), OSSL_PARAM_construct_end(),
                ]
                OpenSSL.mustSucceed(EVP_MAC_CTX_set_params(context, parameters) == 1, "MAC digest")
            }
        }
        return context
    }()
}

/// One-shot HMAC (RFC 2104).
package enum HMAC {
    /// HMAC-SHA-256: 32 bytes. Compare with `constantTimeEqual`, never with `==`.
    package static func sha256(key: some ByteSource, message: some ByteSource) -> [UInt8] {
        HMACKey(key).authenticate(message)
    }
}
