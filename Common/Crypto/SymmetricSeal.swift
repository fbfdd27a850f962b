/// Seals secrets inside configuration with a key of 32 bytes that all who may read them share.
///
/// Layout, version 1: `01` · salt (16) · ciphertext · tag (16); 33 bytes more than the plaintext. Key and
/// nonce of each seal are derived by HKDF-SHA-256 from the shared key and the random salt, so any number of
/// secrets may be sealed with one key (a random 96-bit nonce alone would not allow that).
///
/// While a key takes the place of another there are several: the newest seals, each of them opens.
package final class SymmetricSeal: Sendable {
    /// How much longer than its content a seal is.
    package static let overheadByteCount = 33

    private static let version: UInt8 = 1
    private static let headerByteCount = 17
    private static let purpose = Array("dispatch symmetric seal 1".utf8)
    private let newest: HMACKey
    private let older: [HMACKey]

    /// - Throws: `malformedKey` unless each key has 32 bytes.
    package init(key: [UInt8], older: [[UInt8]] = []) throws(CryptoError) {
        guard ([key] + older).allSatisfy({ $0.count == 32 }) else {
            throw .malformedKey("a sealing key has 32 bytes")
        }
        let derive = { (key: [UInt8]) in HMACKey(HKDF.extract(secret: key, salt: Self.purpose)) }
        newest = derive(key)
        self.older = older.map(derive)
    }

    /// Seals a secret. `context` names its place (a record's kind and id), so that a seal copied to another
    /// place does not open there.
    package func seal(_ plaintext: some ByteSource, context: some ByteSource) throws(CryptoError) -> [UInt8] {
        let header = [Self.version] + SecureRandom.bytes(Self.headerByteCount - 1)
        let (sealKey, nonce) = try Self.keyAndNonce(newest, header: header)
        return try header
            + AES256GCM.seal(
                plaintext, key: sealKey, nonce: nonce,
                associatedData: SealedBox.associatedData(header: header, context: context))
    }

    /// Opens a seal.
    /// - Throws: `authenticationFailed` for another key or context or changed bytes; `malformedInput` when
    ///   it is no seal of a known version.
    package func open(_ sealed: [UInt8], context: some ByteSource) throws(CryptoError) -> [UInt8] {
        for key in [newest] + older.dropLast() {
            do { return try Self.open(sealed, key, context) } catch {
                guard error == .authenticationFailed, !older.isEmpty else { throw error }
            }
        }
        return try Self.open(sealed, older.last ?? newest, context)
    }

    /// Whether a seal was made with the newest key.
    package func isNewest(_ sealed: [UInt8], context: some ByteSource) -> Bool {
        (try? Self.open(sealed, newest, context)) != nil
    }

    private static func open(
        _ sealed: [UInt8], _ key: HMACKey, _ context: some ByteSource
    ) throws(CryptoError) -> [UInt8] {
        guard sealed.count >= overheadByteCount, sealed[0] == version else {
            throw .malformedInput("no symmetric seal of version \(version)")
        }
        let header = Array(sealed[..<headerByteCount])
        let (sealKey, nonce) = try keyAndNonce(key, header: header)
        return try AES256GCM.open(
            sealed[headerByteCount...], key: sealKey, nonce: nonce,
            associatedData: SealedBox.associatedData(header: header, context: context))
    }

    private static func keyAndNonce(
        _ key: HMACKey, header: [UInt8]
    ) throws(CryptoError) -> (key: [UInt8], nonce: [UInt8]) {
        let bytes = try HKDF.expand(key, info: purpose + header, count: 44)
        return (Array(bytes[..<32]), Array(bytes[32...]))
    }
}
