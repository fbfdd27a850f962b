import FoundationEssentials
import Synchronization

/// A body of which the decoder gets to see less than came: texts of some length are cut out and stand there
/// as a word, and a text where a list may be stands there as a list of one.
///
/// A text that was cut out is taken from the bytes of the body, which costs a tenth of what the decoder takes
/// for it. Who decodes has to give each word for its text (`KnownFields.text`, `LongText`), and just once;
/// `isTakenUp` tells whether that was so.
final class AbridgedBody: Sendable {
    enum Change {
        /// What stands between the quotes of a string.
        case cut(Range<Int>, hasEscapes: Bool)
        /// The same of a text that is to stand there as a list of one.
        case listed(Range<Int>)

        var range: Range<Int> {
            switch self {
            case .cut(let range, _), .listed(let range): range
            }
        }

        /// By how much it makes the body longer, at most; cuts make it shorter.
        var addedBytes: Int {
            switch self {
            case .cut(let range, _): AbridgedBody.prefixBytes + 20 - range.count
            case .listed: 2
            }
        }
    }

    /// Shorter ones are not worth it.
    static let minTextBytes = 256
    static let minLongBytes = 16 * 1024
    private static let key = CodingUserInfoKey(rawValue: "dispatch.abridged-body")
    private static let prefixBytes = 8

    private let bytes: [UInt8]
    private let changes: [Change]
    private let given: [GivenFields]
    private let cutCount: Int
    private let takenCount = Atomic(0)
    /// Different each time: nobody can write a word that stands for another's text.
    private let prefix: [UInt8]

    /// - Parameter changes: in the order of the body.
    init(_ bytes: [UInt8], _ changes: [Change], given: [GivenFields] = []) {
        self.bytes = bytes
        self.changes = changes
        self.given = given
        cutCount = changes.count { if case .cut = $0 { true } else { false } }
        prefix = cutCount > 0 ? Self.makePrefix() : []
    }

    private static func makePrefix() -> [UInt8] {
        var number = UInt64.random(in: 0...UInt64.max)
        return (0..<prefixBytes).map { _ in
            let (quotient, letter) = number.quotientAndRemainder(dividingBy: 26)
            number = quotient
            return UInt8(ascii: "a") + UInt8(letter)
        }
    }

    /// The one that a decoder reads; nil for one that reads everything itself.
    static func of(_ decoder: any Decoder) -> AbridgedBody? {
        key.flatMap { decoder.userInfo[$0] as? AbridgedBody }
    }

    /// What is given of the objects that were held against the table; nil when none was.
    func given(of fields: FieldTable) -> GivenFields? { given.first { $0.fields === fields } }

    func hand(to decoder: JSONDecoder) {
        if let key = Self.key { decoder.userInfo = [key: self] }
    }

    /// Whether each text that was cut out was asked for, and none twice.
    var isTakenUp: Bool { takenCount.load(ordering: .relaxed) == cutCount }

    /// What the decoder sees.
    var rest: Data {
        guard !changes.isEmpty else { return Data(bytes) }
        var rest: [UInt8] = []
        rest.reserveCapacity(changes.reduce(bytes.count) { $0 + $1.addedBytes })
        var end = 0
        for (place, change) in changes.enumerated() {
            let range = change.range
            switch change {
            case .cut:
                rest += bytes[end..<range.lowerBound]
                rest += prefix
                rest += String(place).utf8
                end = range.upperBound
            case .listed:
                rest += bytes[end..<range.lowerBound - 1]
                rest.append(UInt8(ascii: "["))
                rest += bytes[range.lowerBound - 1...range.upperBound]
                rest.append(UInt8(ascii: "]"))
                end = range.upperBound + 1
            }
        }
        rest += bytes[end...]
        return Data(rest)
    }

    /// The text that a word stands for; the word itself when it is none.
    ///
    /// - Throws: for what is no text, or an escape that only the decoder can judge.
    func text(for word: String) throws -> String {
        guard let change = taken(word) else { return word }
        let text: String? =
            if case .cut(_, hasEscapes: true) = change {
                JSONEscapes.text(of: bytes[change.range])
            } else {
                String(validating: bytes[change.range], as: UTF8.self)
            }
        guard let text else { throw Unreadable() }
        return text
    }

    private struct Unreadable: Error {}

    /// The same as bytes that nobody looked at; nil for a text that is no such word.
    func bytes(for word: String) -> ArraySlice<UInt8>? { taken(word).map { bytes[$0.range] } }

    private func taken(_ word: String) -> Change? {
        guard cutCount > 0 else { return nil }
        var word = word
        let place: Int? = word.withUTF8 { word in
            guard word.count > prefix.count, word.starts(with: prefix) else { return nil }
            return Int(String(decoding: word[prefix.count...], as: UTF8.self))
        }
        guard let place, changes.indices.contains(place) else { return nil }
        takenCount.add(1, ordering: .relaxed)
        return changes[place]
    }
}
