/// Finds which rows of the table have one of their texts in a reply, in one pass over the reply: phrases are
/// looked up by their first two bytes.
struct PhraseIndex: Sendable {
    private struct Phrase: Sendable {
        let bytes: [UInt8]
        let row: Int
    }

    private var phrases: [UInt16: [Phrase]] = [:]
    private let rowCount: Int

    /// - Parameter rows: the texts of each row, each of at least two bytes; shorter ones are never found.
    init(_ rows: [[String]]) {
        rowCount = rows.count
        for (row, texts) in rows.enumerated() {
            for text in texts {
                let bytes = Array(text.utf8)
                guard bytes.count >= 2 else { continue }
                phrases[Self.key(bytes[0], bytes[1]), default: []].append(Phrase(bytes: bytes, row: row))
            }
        }
    }

    /// For each row, whether one of its texts stands in `text`.
    func rows(in text: [UInt8]) -> [Bool] {
        var found = [Bool](repeating: false, count: rowCount)
        for start in text.indices.dropLast() {
            guard let candidates = phrases[Self.key(text[start], text[start + 1])] else { continue }
            for phrase in candidates where !found[phrase.row] {
                found[phrase.row] = text[start...].starts(with: phrase.bytes)
            }
        }
        return found
    }

    private static func key(_ first: UInt8, _ second: UInt8) -> UInt16 { UInt16(first) << 8 | UInt16(second) }
}
