/// Key derivation with HMAC-SHA-256 (RFC 5869).
package enum HKDF {
    /// Extract and expand: `count` bytes (at most 255 * 32) from a secret.
    /// - Throws: `malformedInput` when more bytes are asked for than HKDF can give.
    package static func sha256(
        secret: some ByteSource, salt: some ByteSource, info: some ByteSource, count: Int
    ) throws(CryptoError) -> [UInt8] {
        try expand(HMACKey(extract(secret: secret, salt: salt)), info: info, count: count)
    }

    /// §2.2: a pseudorandom key (32 bytes).
    static func extract(secret: some ByteSource, salt: some ByteSource) -> [UInt8] {
        HMAC.sha256(key: salt, message: secret)
    }

    /// §2.3, with the pseudorandom key already set up, for those who expand it often.
    static func expand(
        _ pseudorandomKey: HMACKey, info: some ByteSource, count: Int
    ) throws(CryptoError) -> [UInt8] {
        guard count >= 0, count <= 255 * 32 else { throw .malformedInput("HKDF gives at most 8160 bytes") }
        var output: [UInt8] = []
        var block: [UInt8] = []
        var number: UInt8 = 1
        while output.count < count {
            block = pseudorandomKey.authenticate(block, info, [number])
            output += block
            number &+= 1
        }
        return Array(output.prefix(count))
    }
}
