import SMTPWire

/// The name under which a host keeps the message, as far as its reply to the final dot tells.
enum RemoteQueueID {
    private static let maxBytes = 128

    /// Understands `queued as X`, `id=X`, `InternalId=X`, `X Message accepted`, and `… X - gsmtp`.
    static func read(from reply: SMTPReply) -> String? {
        let words = Array(reply.text.utf8).split(separator: 0x20)
        if let place = words.firstIndex(where: { $0.isWord("as") }), place > 0,
            words[place - 1].isWord("queued")
        {
            return clean(words.dropFirst(place + 1).first)
        }
        for prefix in prefixes {
            let length = prefix.utf8CodeUnitCount
            if let word = words.first(where: { $0.count > length && $0.prefix(length).isWord(prefix) }) {
                return clean(word.dropFirst(length))
            }
        }
        if let place = words.firstIndex(where: { $0.isWord("message") }), place > 0,
            words.dropFirst(place + 1).first?.isWord("accepted") == true
        {
            return clean(words[place - 1])
        }
        if words.count >= 3, words[words.count - 1].isWord("gsmtp") { return clean(words[words.count - 3]) }
        return nil
    }

    private static let prefixes: [StaticString] = ["id=", "internalid=", "[internalid=", "queueid=", "<id="]

    private static func clean(_ word: ArraySlice<UInt8>?) -> String? {
        guard let word else { return nil }
        let marks = "<>[](),;.\"'".utf8
        var bytes = word.prefix(maxBytes)
        while let first = bytes.first, marks.contains(first) { bytes.removeFirst() }
        while let last = bytes.last, marks.contains(last) { bytes.removeLast() }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }
}

extension ArraySlice<UInt8> {
    /// Whether these are the letters of a word, which is in lower case, but for case.
    fileprivate func isWord(_ word: StaticString) -> Bool {
        guard count == word.utf8CodeUnitCount else { return false }
        return word.withUTF8Buffer { letters in
            zip(self, letters).allSatisfy { byte, letter in
                (byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte) == letter
            }
        }
    }
}
