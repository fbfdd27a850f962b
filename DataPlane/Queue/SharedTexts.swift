/// Texts that many entries have in common, kept once: the last replies of deferred ones, and domains. A text
/// is cut to a number of bytes, and so many different ones are kept.
struct SharedTexts: Sendable {
    /// Of what remote hosts say.
    static let maxReplyBytes = 200

    private struct Text: Sendable {
        var text: String
        var uses: Int
    }

    private let maxTextBytes: Int
    private let maxTexts: Int
    private var texts = Table<Text>()
    private var byText: [String: UInt32] = [:]

    init(maxTextBytes: Int, maxTexts: Int) {
        self.maxTextBytes = maxTextBytes
        self.maxTexts = maxTexts
    }

    /// A use of `text`; `noRow` when there is no place for it.
    mutating func use(_ text: String) -> UInt32 {
        let text = Self.cut(text, maxTextBytes)
        if let row = byText[text] {
            texts[row].uses += 1
            return row
        }
        guard texts.count < maxTexts else { return noRow }
        let row = texts.insert(Text(text: text, uses: 1))
        byText[text] = row
        return row
    }

    mutating func release(_ row: UInt32) {
        guard row != noRow else { return }
        texts[row].uses -= 1
        guard texts[row].uses == 0 else { return }
        byText[texts[row].text] = nil
        texts[row].text = ""
        texts.remove(row)
    }

    subscript(row: UInt32) -> String? { row == noRow ? nil : texts[row].text }

    static func cut(_ text: String, _ maxBytes: Int = maxReplyBytes) -> String {
        guard text.utf8.count > maxBytes else { return text }
        return String(decoding: text.utf8.prefix(maxBytes), as: UTF8.self)
    }
}
