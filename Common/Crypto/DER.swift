/// The little of ASN.1 DER (X.690) that is needed to hand the bare numbers of a JWK to OpenSSL.
enum DER {
    /// A SubjectPublicKeyInfo (RFC 3279 §2.3.1) around an RSA key.
    static func rsaPublicKeyInfo(modulus: [UInt8], exponent: [UInt8]) -> [UInt8] {
        let algorithm: [UInt8] = [
            0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00,
        ]
        let key = element(0x30, unsigned(modulus) + unsigned(exponent))
        return element(0x30, element(0x30, algorithm) + element(0x03, [0] + key))
    }

    /// A SubjectPublicKeyInfo (RFC 5480) around an uncompressed point of P-256.
    static func p256PublicKeyInfo(x: [UInt8], y: [UInt8]) -> [UInt8] {
        let algorithm: [UInt8] = [
            0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01,
            0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07,
        ]
        return element(0x30, element(0x30, algorithm) + element(0x03, [0, 4] + x + y))
    }

    private static func unsigned(_ bytes: [UInt8]) -> [UInt8] {
        let digits = Array(bytes.drop { $0 == 0 })
        let leadsWithSign = digits.first.map { $0 >= 0x80 } ?? true
        return element(0x02, leadsWithSign ? [0] + digits : digits)
    }

    private static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        let count = content.count
        if count < 0x80 { return [tag, UInt8(count)] + content }
        if count < 0x100 { return [tag, 0x81, UInt8(count)] + content }
        return [tag, 0x82, UInt8(truncatingIfNeeded: count >> 8), UInt8(truncatingIfNeeded: count)] + content
    }
}
