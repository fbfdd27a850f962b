/// Seals many messages to one recipient: the costly key agreement happens once, each message still gets a
/// key and nonce of its own. What it makes are ordinary boxes for `SealedBox.open`.
///
/// Boxes of one `SealingKey` show by their equal ephemeral keys that one sender made them. Make a new one
/// now and then (an hour is fine), so that the ephemeral secret does not live long.
package final class SealingKey: Sendable {
    private let prefix: [UInt8]
    private let key: HMACKey

    package init(recipient: X25519PublicKey) throws(CryptoError) {
        let ephemeral = try X25519PrivateKey.generate()
        let secret = try ephemeral.sharedSecret(with: recipient)
        prefix = [SealedBox.version] + ephemeral.publicKey.raw
        key = SealedBox.pseudorandomKey(secret: secret, ephemeral: ephemeral.publicKey, recipient: recipient)
    }

    /// Seals one message; see `SealedBox.seal`.
    package func seal(_ plaintext: some ByteSource, context: some ByteSource) throws(CryptoError) -> [UInt8] {
        let salt = SecureRandom.bytes(SealedBox.saltByteCount)
        let (boxKey, nonce) = try SealedBox.keyAndNonce(from: key, salt: salt)
        let header = prefix + salt
        return try header
            + AES256GCM.seal(
                plaintext, key: boxKey, nonce: nonce,
                associatedData: SealedBox.associatedData(header: header, context: context))
    }
}
