/// Finds which rows of the table have one of their phrases in a reply, in one pass over its words.
///
/// A phrase begins where a word begins (within scripts that do not part words: where a character does) and
/// may end within one, so that `greylist` finds `greylisted`; a space at its end makes the last word whole,
/// and fewer than four bytes are a whole word.
/// `first .. second` is two parts of which the second begins at most `maxGapBytes` after the first has
/// ended, and `one|other` within a part is either.
struct PhraseIndex: Sendable {
    static let maxGapBytes = 32

    private struct Part: Sendable {
        let bytes: [UInt8]
        let phrase: Int
        let place: Int
        let isLast: Bool
    }

    private var parts: [UInt32: [Part]] = [:]
    /// For each phrase, its row and its place there.
    private var owners: [(row: Int, place: Int)] = []
    private let rowCount: Int

    /// - Parameter rows: the phrases of each row, as `ReplyWords` prints them; parts of one byte are never
    ///   found.
    init(_ rows: [[String]]) {
        rowCount = rows.count
        for (row, phrases) in rows.enumerated() {
            for (place, phrase) in phrases.enumerated() {
                add(Self.parts(of: phrase), owners.count)
                owners.append((row, place))
            }
        }
    }

    /// The alternatives of each part.
    static func parts(of phrase: String) -> [[String]] {
        phrase.split(separator: " .. ").map { part in
            part.split(separator: "|").map { $0.utf8.count < 4 ? "\($0) " : String($0) }
        }
    }

    private mutating func add(_ pieces: [[String]], _ phrase: Int) {
        for (place, alternatives) in pieces.enumerated() {
            for bytes in alternatives.map({ Array($0.utf8) }) {
                guard let key = Self.key(bytes[...]) else { continue }
                parts[key, default: []].append(
                    Part(bytes: bytes, phrase: phrase, place: place, isLast: place == pieces.count - 1))
            }
        }
    }

    /// For each row, the place of the phrase of it that was found first, if any.
    func rows(in words: ReplyWords) -> [Int?] {
        var found = [Int?](repeating: nil, count: rowCount)
        // How many parts of each phrase are behind us, and where the last of them ended.
        var progress = [(next: Int, end: Int)](repeating: (0, 0), count: owners.count)
        let text = words.bytes[...]
        var isStart = true
        for start in text.indices {
            let byte = text[start]
            defer { isStart = byte == 0x20 }
            guard isStart || byte >= 0xC0, let key = Self.key(text[start...]), let here = parts[key] else {
                continue
            }
            for part in here where text[start...].starts(with: part.bytes) {
                let (next, end) = progress[part.phrase]
                guard part.place == 0 || part.place == next && start - end <= Self.maxGapBytes else {
                    continue
                }
                progress[part.phrase] = (part.place + 1, start + part.bytes.count)
                let owner = owners[part.phrase]
                if part.isLast, found[owner.row] == nil { found[owner.row] = owner.place }
            }
        }
        return found
    }

    private static func key(_ bytes: ArraySlice<UInt8>) -> UInt32? {
        guard bytes.count >= 3 else { return nil }
        return bytes.prefix(3).reduce(0) { $0 << 8 | UInt32($1) }
    }
}
