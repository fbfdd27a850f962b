import Synchronization

/// Seals many messages to one recipient: the costly key agreement happens once, each message gets a nonce of
/// its own, which is counted (NIST SP 800-38D §8.2.1). What it makes are ordinary boxes for
/// `SealedBox.open`.
///
/// Boxes of one `SealingKey` show by their equal ephemeral keys that one sender made them. Make a new one
/// now and then (an hour is fine), so that the ephemeral secret does not live long. It never leaves the
/// memory of its process: a copy of that memory which ran on would count the same nonces again.
package final class SealingKey: Sendable {
    /// How much longer than its content a box is.
    package static let overheadBytes = SealedBox.headerByteCount + AES256GCM.tagByteCount

    private let prefix: [UInt8]
    private let key: AES256GCM.Key
    private let sealed = Atomic<UInt64>(0)

    package init(recipient: X25519PublicKey) throws(CryptoError) {
        let ephemeral = try X25519PrivateKey.generate()
        let secret = try ephemeral.sharedSecret(with: recipient)
        prefix = [SealedBox.version] + ephemeral.publicKey.raw
        key = try AES256GCM.Key(
            SealedBox.boxKey(
                from: SealedBox.pseudorandomKey(
                    secret: secret, ephemeral: ephemeral.publicKey, recipient: recipient)))
    }

    /// Puts the box of one message behind `bytes`: `write` appends the message, which is then encrypted where
    /// it lies. When this throws, the bytes are as they were.
    ///
    /// - Parameter context: what the box belongs to, such as a message id; `SealedBox.open` must name the
    ///   same.
    package func seal(
        behind bytes: inout [UInt8], context: [UInt8], _ write: (inout [UInt8]) -> Void
    ) throws(CryptoError) {
        let start = bytes.count
        bytes.append(contentsOf: prefix)
        Self.appendNonce(sealed.wrappingAdd(1, ordering: .relaxed).oldValue, to: &bytes)
        let header = start..<bytes.count
        write(&bytes)
        do throws(CryptoError) {
            try key.encrypt(
                &bytes, behind: header, nonce: header.suffix(AES256GCM.nonceByteCount), context: context)
        } catch {
            bytes.removeSubrange(start...)
            throw error
        }
    }

    private static func appendNonce(_ number: UInt64, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: repeatElement(0, count: AES256GCM.nonceByteCount - 8))
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }
}
