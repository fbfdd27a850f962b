/// Encoded-words: text that is not ASCII inside headers (RFC 2047).
package enum EncodedWord {
    /// RFC 2047 §2.
    static let maxBytes = 75
    private static let frameBytes = "=?UTF-8?B??=".utf8.count

    /// Encodes a whole text as UTF-8 encoded-words to be joined by a space or a folded line; readers drop
    /// those spaces. No character is cut in two.
    ///
    /// - Parameter firstRoomBytes: what the first word may take on a line that a field's name has begun.
    package static func encode(_ text: String, firstRoomBytes: Int = maxBytes) -> [String] {
        let escaped = text.withBytes { bytes in bytes.count { !isPlainInQ($0) } }
        let isQ = text.utf8.count + escaped * 2 <= (text.utf8.count + 2) / 3 * 4
        var words: [String] = []
        var chunk: [UInt8] = []
        var chunkBytes = 0
        func add(_ piece: some Collection<UInt8>) {
            let room = min(max(words.isEmpty ? firstRoomBytes : maxBytes, 30), maxBytes) - frameBytes
            let pieceBytes = isQ ? piece.reduce(0) { $0 + (isPlainInQ($1) ? 1 : 3) } : piece.count
            if !chunk.isEmpty, chunkBytes + pieceBytes > (isQ ? room : room / 4 * 3) {
                words.append(word(chunk, isQ: isQ))
                chunk.removeAll(keepingCapacity: true)
                chunkBytes = 0
            }
            chunk += piece
            chunkBytes += pieceBytes
        }
        // Whole characters where they are short, else scalars: an emoji family may be longer than a word.
        for character in text {
            if character.utf8.count <= 6 {
                add(character.utf8)
            } else {
                for scalar in character.unicodeScalars { add(scalar.utf8) }
            }
        }
        words.append(word(chunk, isQ: isQ))
        return words
    }

    private static func word(_ bytes: [UInt8], isQ: Bool) -> String {
        guard isQ else { return "=?UTF-8?B?\(String(decoding: Base64.encode(bytes[...]), as: UTF8.self))?=" }
        var word: [UInt8] = []
        word.reserveCapacity(maxBytes)
        word.append(literal: "=?UTF-8?Q?")
        for byte in bytes {
            if !isPlainInQ(byte) {
                word.appendEscape(.equals, byte)
            } else {
                word.append(byte == .space ? .underscore : byte)
            }
        }
        word.append(literal: "?=")
        return String(decoding: word, as: UTF8.self)
    }

    /// The narrow set of RFC 2047 §5(3), right in every place; a space is one byte as `_`.
    private static func isPlainInQ(_ byte: UInt8) -> Bool {
        if byte.isLetterOrDigit { return true }
        switch byte {
        case .space, 0x21, .asterisk, 0x2B, .hyphen, .slash: return true
        default: return false
        }
    }

    /// Decodes an unstructured value: encoded-words become text, everything else stays.
    package static func decode(_ value: ArraySlice<UInt8>) -> String {
        guard value.contains(.equals) || EightBit.contains(value) else {
            return String(decoding: value, as: UTF8.self)
        }
        var decoder = Decoder()
        var index = value.startIndex
        while index < value.endIndex {
            let gapStart = index
            while index < value.endIndex, value[index].isBlank { index += 1 }
            let wordStart = index
            while index < value.endIndex, !value[index].isBlank { index += 1 }
            let gap = String(decoding: value[gapStart..<wordStart], as: UTF8.self)
            decoder.append(word: value[wordStart..<index], gap: gap)
        }
        return decoder.finish()
    }

    package static func decode(_ text: String) -> String { decode(Array(text.utf8)[...]) }

    /// Joins words; the gap between two encoded-words is dropped, and their bytes are joined before they are
    /// decoded, because some writers cut a character in two.
    struct Decoder {
        private var text = ""
        private var pending: [UInt8] = []
        private var pendingCharset: String?

        mutating func append(word: ArraySlice<UInt8>, gap: String) {
            guard let (charset, bytes) = EncodedWord.parse(word) else {
                return append(literal: word, gap: gap)
            }
            if let pendingCharset, pendingCharset == charset {
                pending += bytes
                return
            }
            if pendingCharset == nil { text += gap }
            flush()
            pendingCharset = charset
            pending = bytes
        }

        mutating func append(literal: ArraySlice<UInt8>, gap: String) {
            flush()
            text += gap
            text += Charset.decode(literal, name: nil)
        }

        mutating func finish() -> String {
            flush()
            return text
        }

        private mutating func flush() {
            if let pendingCharset { text += Charset.decode(pending[...], name: pendingCharset) }
            pendingCharset = nil
            pending = []
        }
    }

    /// `=?charset?B?…?=`; nil when the word is none. The language of RFC 2231 §5 is dropped.
    private static func parse(_ word: ArraySlice<UInt8>) -> (charset: String, bytes: [UInt8])? {
        guard word.count >= 8, word.starts(with: [.equals, .question]),
            word.suffix(2) == [.question, .equals]
        else {
            return nil
        }
        let parts = word.dropFirst(2).dropLast(2).split(
            separator: .question, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1].count == 1, let encoding = parts[1].first else { return nil }
        let charset = parts[0].prefix { $0 != .asterisk }
        guard !charset.isEmpty, charset.allSatisfy(\.isTokenText) else { return nil }
        let name = String(decoding: charset, as: UTF8.self).lowercased()
        switch encoding.lowercased {
        case 0x62: return (name, Base64.decode(parts[2]))
        case 0x71: return (name, QuotedPrintable.decodeQ(parts[2]))
        default: return nil
        }
    }
}
