/// Seals bytes so that only the holder of one X25519 private key can open them, and nobody can change them.
///
/// Layout, version 2: `02` · ephemeral public key (32) · nonce (12) · ciphertext · tag (16); 61 bytes more
/// than the plaintext. From the agreement of the ephemeral with the recipient's key, HKDF-SHA-256 (RFC
/// 5869) extracts a secret with both public keys as its salt, and expands it to the key of all boxes with
/// this ephemeral key; only the process that drew it seals with it, and counts its nonces. The first 45
/// bytes and the caller's context are authenticated with the ciphertext (AES-256-GCM).
///
/// Version 1, which a box alone has, so that programs of before version 2 can open it, has a salt of 16 bytes
/// in place of the nonce, and expands a key and a nonce for each box from it.
///
/// It does not say who sealed: sign or authenticate the box where that matters.
package enum SealedBox {
    /// Seals one message, in version 1. For many messages to one recipient a `SealingKey` is much cheaper.
    /// - Parameter context: what the box belongs to, such as a message id; `open` must name the same.
    package static func seal(
        _ plaintext: some ByteSource, to recipient: X25519PublicKey, context: some ByteSource
    ) throws(CryptoError) -> [UInt8] {
        let ephemeral = try X25519PrivateKey.generate()
        let secret = pseudorandomKey(
            secret: try ephemeral.sharedSecret(with: recipient), ephemeral: ephemeral.publicKey,
            recipient: recipient)
        let salt = SecureRandom.bytes(firstHeaderByteCount - 33)
        let header = [firstVersion] + ephemeral.publicKey.raw + salt
        let (key, nonce) = try firstKeyAndNonce(from: secret, salt: salt)
        return try AES256GCM.seal(
            plaintext, key: key, nonce: nonce,
            associatedData: associatedData(header: header, context: context), behind: header)
    }

    /// Opens a box.
    /// - Throws: `authenticationFailed` when it was sealed to another key or for another context, or was
    ///   changed; `malformedInput` when it is no box of a known version.
    package static func open(
        _ box: [UInt8], with recipient: X25519PrivateKey, context: some ByteSource
    ) throws(CryptoError) -> [UInt8] {
        let isFirst = box.first == firstVersion
        let headerBytes = isFirst ? firstHeaderByteCount : headerByteCount
        guard isFirst || box.first == version, box.count >= headerBytes + AES256GCM.tagByteCount else {
            throw .malformedInput("no sealed box of version \(firstVersion) or \(version)")
        }
        let ephemeral = try X25519PublicKey(raw: Array(box[1..<33]))
        let secret = pseudorandomKey(
            secret: try recipient.sharedSecret(with: ephemeral), ephemeral: ephemeral,
            recipient: recipient.publicKey)
        let (key, nonce): ([UInt8], [UInt8])
        if isFirst {
            (key, nonce) = try firstKeyAndNonce(from: secret, salt: box[33..<headerBytes])
        } else {
            (key, nonce) = (try boxKey(from: secret), Array(box[33..<headerBytes]))
        }
        return try AES256GCM.open(
            box[headerBytes...], key: key, nonce: nonce,
            associatedData: associatedData(header: box[..<headerBytes], context: context))
    }

    static let version: UInt8 = 2
    static let headerByteCount = 1 + 32 + AES256GCM.nonceByteCount

    private static let firstVersion: UInt8 = 1
    private static let firstHeaderByteCount = 1 + 32 + 16

    static func pseudorandomKey(
        secret: [UInt8], ephemeral: X25519PublicKey, recipient: X25519PublicKey
    ) -> HMACKey {
        HMACKey(HKDF.extract(secret: secret, salt: ephemeral.raw + recipient.raw))
    }

    static func boxKey(from secret: HMACKey) throws(CryptoError) -> [UInt8] {
        try HKDF.expand(secret, info: "dispatch sealed box 2", count: AES256GCM.keyByteCount)
    }

    private static func firstKeyAndNonce(
        from secret: HMACKey, salt: some Collection<UInt8>
    ) throws(CryptoError) -> (key: [UInt8], nonce: [UInt8]) {
        let bytes = try HKDF.expand(
            secret, info: Array("dispatch sealed box 1".utf8) + salt,
            count: AES256GCM.keyByteCount + AES256GCM.nonceByteCount)
        return (Array(bytes[..<AES256GCM.keyByteCount]), Array(bytes[AES256GCM.keyByteCount...]))
    }

    static func associatedData(header: some Collection<UInt8>, context: some ByteSource) -> [UInt8] {
        context.withBytes { Array(header) + $0 }
    }
}
