/// Seals bytes so that only the holder of one X25519 private key can open them, and nobody can change them.
///
/// Layout, version 1: `01` · ephemeral public key (32) · salt (16) · ciphertext · tag (16); 65 bytes more
/// than the plaintext. From the agreement of the ephemeral with the recipient's key, HKDF-SHA-256 (RFC
/// 5869) extracts a secret with both public keys as its salt, and expands for each box a key and a nonce
/// from the box's own random salt. The first 49 bytes and the caller's context are authenticated with the
/// ciphertext (AES-256-GCM).
///
/// It does not say who sealed: sign or authenticate the box where that matters.
package enum SealedBox {
    /// How much longer than its content a box is.
    package static let overheadByteCount = 65

    /// Seals one message. For many messages to one recipient a `SealingKey` is much cheaper.
    /// - Parameter context: what the box belongs to, such as a message id; `open` must name the same.
    package static func seal(
        _ plaintext: some ByteSource, to recipient: X25519PublicKey, context: some ByteSource
    ) throws(CryptoError) -> [UInt8] {
        try SealingKey(recipient: recipient).seal(plaintext, context: context)
    }

    /// Opens a box.
    /// - Throws: `authenticationFailed` when it was sealed to another key or for another context, or was
    ///   changed; `malformedInput` when it is no box of a known version.
    package static func open(
        _ box: [UInt8], with recipient: X25519PrivateKey, context: some ByteSource
    ) throws(CryptoError) -> [UInt8] {
        guard box.count >= overheadByteCount, box[0] == version else {
            throw .malformedInput("no sealed box of version \(version)")
        }
        let ephemeral = try X25519PublicKey(raw: Array(box[1..<33]))
        let secret = try recipient.sharedSecret(with: ephemeral)
        let key = pseudorandomKey(secret: secret, ephemeral: ephemeral, recipient: recipient.publicKey)
        let (boxKey, nonce) = try keyAndNonce(from: key, salt: box[33..<headerByteCount])
        return try AES256GCM.open(
            box[headerByteCount...], key: boxKey, nonce: nonce,
            associatedData: associatedData(header: box[..<headerByteCount], context: context))
    }

    static let version: UInt8 = 1
    static let saltByteCount = 16
    static let headerByteCount = 1 + 32 + saltByteCount
    private static let purpose = Array("dispatch sealed box 1".utf8)

    static func pseudorandomKey(
        secret: [UInt8], ephemeral: X25519PublicKey, recipient: X25519PublicKey
    ) -> HMACKey {
        HMACKey(HKDF.extract(secret: secret, salt: ephemeral.raw + recipient.raw))
    }

    static func keyAndNonce(
        from key: HMACKey, salt: some Collection<UInt8>
    ) throws(CryptoError) -> (key: [UInt8], nonce: [UInt8]) {
        let bytes = try HKDF.expand(
            key, info: purpose + salt, count: AES256GCM.keyByteCount + AES256GCM.nonceByteCount)
        return (Array(bytes[..<AES256GCM.keyByteCount]), Array(bytes[AES256GCM.keyByteCount...]))
    }

    static func associatedData(header: some Collection<UInt8>, context: some ByteSource) -> [UInt8] {
        context.withBytes { Array(header) + $0 }
    }
}
