import SMTPWire

/// When a host wants to see us again, as far as its text tells: `try again in 300 seconds`, `5 minutes`.
enum RetryHint {
    /// Between half a minute and an hour; nil when there is none.
    static func read(from reply: SMTPReply) -> Duration? {
        let words = reply.text.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
        for (place, word) in words.enumerated() where word.allSatisfy(\.isNumber) && word.count <= 6 {
            guard place > 0, ["in", "for", "wait", "after", "least", "within"].contains(words[place - 1]),
                let count = Int(word), let unit = words.dropFirst(place + 1).first
            else { continue }
            if unit.hasPrefix("sec") || unit == "s" { return .seconds(min(max(count, 30), 3_600)) }
            if unit.hasPrefix("min") || unit == "m" { return .seconds(min(max(count, 1), 60) * 60) }
        }
        return nil
    }
}
