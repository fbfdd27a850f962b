/// Finds which rows of the table have one of their phrases in a reply, in one pass over its words.
///
/// A phrase begins where a word begins (within scripts that do not part words: where a character does) and
/// may end within one, so that `greylist` finds `greylisted`; a space at its end makes the last word whole,
/// and fewer than four bytes are a whole word. `first .. second` is two parts of which the second begins at
/// most `maxGapBytes` after the first has ended, and `one|other` within a part is either. Such a match is
/// tight if no more than `maxTightGapBytes` part them: room for an ending or an "is".
struct PhraseIndex: Sendable {
    static let maxGapBytes = 32
    static let maxTightGapBytes = 5

    struct Match: Sendable {
        /// Of the phrase in its row.
        let place: Int
        let isTight: Bool
    }

    /// A part of a phrase, or several of the same text.
    private struct Text: Sendable {
        let bytes: [UInt8]
        var uses: [Use]
    }

    private struct Use: Sendable {
        let row: Int
        let place: Int
        let part: Int
        let isLast: Bool
        /// Where the progress of a phrase with several parts is kept.
        let slot: Int
    }

    private struct Progress {
        var nextPart = 0
        var end = 0
        var isTight = true
    }

    /// By their first three bytes.
    private var texts: [UInt32: [Text]] = [:]
    private let rowCount: Int
    private var slotCount = 0

    /// - Parameter rows: the phrases of each row, as `ReplyWords` prints them; parts of one byte are never
    ///   found.
    init(_ rows: [[String]]) {
        rowCount = rows.count
        for (row, phrases) in rows.enumerated() {
            for (place, phrase) in phrases.enumerated() { add(Self.parts(of: phrase), row, place) }
        }
    }

    /// The alternatives of each part.
    static func parts(of phrase: String) -> [[String]] {
        phrase.split(separator: " .. ").map { part in
            part.split(separator: "|").map { $0.utf8.count < 4 ? "\($0) " : String($0) }
        }
    }

    private mutating func add(_ parts: [[String]], _ row: Int, _ place: Int) {
        for (number, alternatives) in parts.enumerated() {
            let use = Use(
                row: row, place: place, part: number, isLast: number == parts.count - 1, slot: slotCount)
            for bytes in alternatives.map({ Array($0.utf8) }) {
                guard let key = Self.key(bytes, at: 0) else { continue }
                if let known = texts[key]?.firstIndex(where: { $0.bytes == bytes }) {
                    texts[key]?[known].uses.append(use)
                } else {
                    texts[key, default: []].append(Text(bytes: bytes, uses: [use]))
                }
            }
        }
        if parts.count > 1 { slotCount += 1 }
    }

    /// For each row, its first phrase that was found, if any; tight matches come before others.
    func rows(in words: ReplyWords) -> [Match?] {
        var found = [Match?](repeating: nil, count: rowCount)
        var progress = [Progress](repeating: Progress(), count: slotCount)
        var isStart = true
        for start in words.bytes.indices {
            let byte = words.bytes[start]
            defer { isStart = byte == 0x20 }
            guard isStart || byte >= 0xC0, let key = Self.key(words.bytes, at: start) else { continue }
            for text in texts[key] ?? [] where Self.has(text.bytes, at: start, words.bytes) {
                for use in text.uses {
                    Self.take(use, start, start + text.bytes.count, &progress, &found)
                }
            }
        }
        return found
    }

    private static func take(
        _ use: Use, _ start: Int, _ end: Int, _ progress: inout [Progress], _ found: inout [Match?]
    ) {
        var isTight = true
        if use.part > 0 {
            let gap = start - progress[use.slot].end
            guard progress[use.slot].nextPart == use.part, gap >= 0, gap <= maxGapBytes else { return }
            isTight = progress[use.slot].isTight && gap <= maxTightGapBytes
        }
        if use.isLast {
            if found[use.row].map({ isTight && !$0.isTight }) ?? true {
                found[use.row] = Match(place: use.place, isTight: isTight)
            }
        } else if progress[use.slot].nextPart != use.part + 1 || progress[use.slot].end < end {
            progress[use.slot] = Progress(nextPart: use.part + 1, end: end, isTight: isTight)
        }
    }

    private static func has(_ bytes: [UInt8], at start: Int, _ text: [UInt8]) -> Bool {
        guard bytes.count <= text.count - start else { return false }
        var offset = 3
        while offset < bytes.count {
            if text[start + offset] != bytes[offset] { return false }
            offset += 1
        }
        return true
    }

    private static func key(_ bytes: [UInt8], at start: Int) -> UInt32? {
        guard bytes.count - start >= 3 else { return nil }
        return UInt32(bytes[start]) << 16 | UInt32(bytes[start + 1]) << 8 | UInt32(bytes[start + 2])
    }
}
