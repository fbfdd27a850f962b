import FoundationEssentials

/// A text of a request that may be as large as a file, such as base64. It is left where it came, in the bytes
/// of the body, in place of being copied through the decoder.
package struct LongText: Decodable, FieldDescribed, Sendable {
    package static var fieldDescription: String { "a string" }
    package static var pluralFieldDescription: String { "strings" }

    package let utf8: ArraySlice<UInt8>

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        let cut = LongTexts.key.flatMap { decoder.userInfo[$0] as? LongTexts }
        utf8 = cut?.text(for: text) ?? Array(text.utf8)[...]
    }
}

/// The texts that were cut out of a body before it was decoded, each with a word in its place.
final class LongTexts: Sendable {
    /// Shorter ones are not worth it.
    static let minBytes = 16 * 1024
    static let key = CodingUserInfoKey(rawValue: "dispatch.long-texts")

    private let bytes: [UInt8]
    private let ranges: [Range<Int>]
    /// Different each time: nobody can write a word that stands for another's text.
    private let prefix = "cut-\(UInt64.random(in: 0...UInt64.max))-"

    /// - Parameter ranges: in order, what stands between the quotes of strings without escapes.
    init(_ bytes: [UInt8], _ ranges: [Range<Int>]) {
        self.bytes = bytes
        self.ranges = ranges
    }

    /// The body with a word in place of each text.
    var rest: Data {
        var rest = Data()
        rest.reserveCapacity(bytes.count - ranges.reduce(0) { $0 + $1.count } + 64 * ranges.count)
        var end = 0
        for (place, range) in ranges.enumerated() {
            rest.append(contentsOf: bytes[end..<range.lowerBound])
            rest.append(contentsOf: "\(prefix)\(place)".utf8)
            end = range.upperBound
        }
        rest.append(contentsOf: bytes[end...])
        return rest
    }

    /// Nil for a text that is no such word.
    func text(for word: String) -> ArraySlice<UInt8>? {
        guard word.hasPrefix(prefix), let place = Int(word.dropFirst(prefix.utf8.count)),
            ranges.indices.contains(place)
        else { return nil }
        return bytes[ranges[place]]
    }
}
