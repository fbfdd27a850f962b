/// The last replies of deferred entries. Equal texts are kept once, a text is cut to 200 bytes, and at most
/// 20,000 different ones are kept: what does not fit is still in the spool.
struct ReplyTexts: Sendable {
    private static let maxTextBytes = 200
    private static let maxTexts = 20_000

    private struct Text: Sendable {
        var text: String
        var uses: Int
    }

    private var texts = Table<Text>()
    private var byText: [String: UInt32] = [:]

    /// A use of `text`; `noRow` when there is no place for it.
    mutating func use(_ text: String) -> UInt32 {
        let text = Self.cut(text)
        if let row = byText[text] {
            texts[row].uses += 1
            return row
        }
        guard texts.count < Self.maxTexts else { return noRow }
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

    static func cut(_ text: String) -> String {
        guard text.utf8.count > maxTextBytes else { return text }
        return String(decoding: text.utf8.prefix(maxTextBytes), as: UTF8.self)
    }
}
