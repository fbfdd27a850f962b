import SMTPWire

/// The name under which a host keeps the message, as far as its reply to the final dot tells.
enum RemoteQueueID {
    private static let maxBytes = 128

    /// Understands `queued as X`, `id=X`, `InternalId=X`, `X Message accepted`, and `… X - gsmtp`.
    static func read(from reply: SMTPReply) -> String? {
        let words = reply.text.split(separator: " ").map(String.init)
        let folded = words.map { $0.lowercased() }
        if let place = folded.firstIndex(of: "as"), place > 0, folded[place - 1] == "queued" {
            return clean(words.dropFirst(place + 1).first)
        }
        for prefix in ["id=", "internalid=", "[internalid=", "queueid=", "<id="] {
            if let place = folded.firstIndex(where: { $0.hasPrefix(prefix) && $0.count > prefix.count }) {
                return clean(String(words[place].dropFirst(prefix.count)))
            }
        }
        if let place = folded.firstIndex(of: "message"), place > 0,
            folded.dropFirst(place + 1).first == "accepted"
        {
            return clean(words[place - 1])
        }
        if folded.last == "gsmtp", words.count >= 3 { return clean(words[words.count - 3]) }
        return nil
    }

    private static func clean(_ word: String?) -> String? {
        guard let word else { return nil }
        let marks = "<>[](),;.\"'".utf8
        var bytes = Array(word.utf8.prefix(maxBytes))[...]
        while let first = bytes.first, marks.contains(first) { bytes.removeFirst() }
        while let last = bytes.last, marks.contains(last) { bytes.removeLast() }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }
}
