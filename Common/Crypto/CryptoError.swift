/// Why something cryptographic was refused. Descriptions never contain key material.
package enum CryptoError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The bytes are no key of the expected kind and encoding.
    case malformedKey(String)
    /// A well-formed key that Dispatch does not use: its kind, curve or size.
    case unsupportedKey(String)
    /// Input other than a key that does not have the form the function documents.
    case malformedInput(String)
    /// Decryption failed: another key, another associated value, or the bytes were changed.
    case authenticationFailed
    /// OpenSSL failed for a reason that the input does not explain.
    case library(String)

    package var description: String {
        switch self {
        case .malformedKey(let reason): "malformed key: \(reason)"
        case .unsupportedKey(let reason): "unsupported key: \(reason)"
        case .malformedInput(let reason): "malformed input: \(reason)"
        case .authenticationFailed: "authentication failed"
        case .library(let reason): "cryptographic library: \(reason)"
        }
    }
}
