import Crypto

/// The SHA-256 of a random secret, in the 32 bytes that it has: a node keeps millions of them.
package struct SecretHash: Hashable, Sendable, Codable {
    private let words: InlineWords

    private struct InlineWords: Equatable, Sendable {
        var first: UInt64 = 0
        var second: UInt64 = 0
        var third: UInt64 = 0
        var fourth: UInt64 = 0
    }

    /// The hash of no secret that anybody knows.
    package static let none = SecretHash(InlineWords())

    private init(_ words: InlineWords) { self.words = words }

    /// Of what somebody presents.
    package init(of secret: String) { self = SecretHash(Digest.sha256(Array(secret.utf8))[...]) ?? .none }

    /// Nil unless there are 32 bytes.
    package init?(_ bytes: ArraySlice<UInt8>) {
        guard bytes.count == 32 else { return nil }
        words = bytes.withUnsafeBytes { bytes in
            InlineWords(
                first: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                second: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
                third: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)),
                fourth: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)))
        }
    }

    /// Nil unless there are 64 hexadecimal digits.
    package init?(hexadecimal: String) {
        guard let bytes = Hex.decode(Array(hexadecimal.utf8)), let hash = SecretHash(bytes[...]) else {
            return nil
        }
        self = hash
    }

    package var bytes: [UInt8] {
        [words.first, words.second, words.third, words.fourth].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - UInt64($0) * 8)) }
        }
    }

    /// Lower case.
    package var hexadecimal: String { Hex.encode(bytes) }

    /// Takes the same time wherever they differ.
    package func equals(_ other: SecretHash) -> Bool { constantTimeEqual(bytes, other.bytes) }

    package static func == (left: Self, right: Self) -> Bool { left.words == right.words }

    /// The bits are random already.
    package func hash(into hasher: inout Hasher) { hasher.combine(words.first) }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        self = SecretHash(hexadecimal: text) ?? .none
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hexadecimal)
    }
}
