import COpenSSL

/// The two forms of an ECDSA signature on P-256: r || s of RFC 7518 §3.4, and the DER of RFC 3279 §2.2.3.
package enum ECDSASignature {
    /// 64 bytes, or nil when the DER is malformed or a number too long.
    package static func raw(fromDER der: [UInt8]) -> [UInt8]? {
        let signature = der.withUnsafeBufferPointer { buffer -> OpaquePointer? in
            var cursor = buffer.baseAddress
            guard let signature = d2i_ECDSA_SIG(nil, &cursor, buffer.count) else { return nil }
            if let cursor, let base = buffer.baseAddress, cursor - base == buffer.count { return signature }
            ECDSA_SIG_free(signature)
            return nil
        }
        guard let signature else {
            _ = OpenSSL.drainErrors()
            return nil
        }
        defer { ECDSA_SIG_free(signature) }
        var raw = [UInt8](repeating: 0, count: 64)
        let fits = raw.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return false }
            return BN_bn2binpad(ECDSA_SIG_get0_r(signature), base, 32) == 32
                && BN_bn2binpad(ECDSA_SIG_get0_s(signature), base + 32, 32) == 32
        }
        return fits ? raw : nil
    }

    /// The DER of 64 bytes; nil for another length.
    package static func der(fromRaw raw: [UInt8]) -> [UInt8]? {
        guard raw.count == 64, let signature = ECDSA_SIG_new() else { return nil }
        defer { ECDSA_SIG_free(signature) }
        let r = BN_bin2bn(Array(raw[..<32]), 32, nil)
        let s = BN_bin2bn(Array(raw[32...]), 32, nil)
        guard ECDSA_SIG_set0(signature, r, s) == 1 else {
            BN_free(r)
            BN_free(s)
            return nil
        }
        return try? KeyHandle.encode { i2d_ECDSA_SIG(signature, $0) }
    }
}
