import Synchronization

/// Seals many messages to one recipient: the costly key agreement happens once, each message gets a nonce of
/// its own, which is counted (NIST SP 800-38D §8.2.1). What it makes are ordinary boxes for
/// `SealedBox.open`.
///
/// Boxes of one `SealingKey` show by their equal ephemeral keys that one sender made them. Make a new one
/// now and then (an hour is fine), so that the ephemeral secret does not live long. It never leaves the
/// memory of its process: a copy of that memory which ran on would count the same nonces again.
package final class SealingKey: Sendable {
    private let prefix: [UInt8]
    private let key: [UInt8]
    private let sealed = Atomic<UInt64>(0)

    package init(recipient: X25519PublicKey) throws(CryptoError) {
        let ephemeral = try X25519PrivateKey.generate()
        let secret = try ephemeral.sharedSecret(with: recipient)
        prefix = [SealedBox.version] + ephemeral.publicKey.raw
        key = try SealedBox.boxKey(
            from: SealedBox.pseudorandomKey(
                secret: secret, ephemeral: ephemeral.publicKey, recipient: recipient))
    }

    /// Seals one message; see `SealedBox.seal`.
    package func seal(_ plaintext: some ByteSource, context: some ByteSource) throws(CryptoError) -> [UInt8] {
        let nonce = Self.nonce(sealed.wrappingAdd(1, ordering: .relaxed).oldValue)
        let header = prefix + nonce
        return try AES256GCM.seal(
            plaintext, key: key, nonce: nonce,
            associatedData: SealedBox.associatedData(header: header, context: context), behind: header)
    }

    private static func nonce(_ number: UInt64) -> [UInt8] {
        [0, 0, 0, 0] + withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }
}
