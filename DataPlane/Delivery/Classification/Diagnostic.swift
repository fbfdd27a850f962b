import SMTPWire

/// Takes a refusal out of the words of a report: `smtp; host a.example said: 550 5.1.1 no such user (in
/// reply to RCPT TO command)`. Total: what is not there is nil, and at most `ReplyWords.maxTextBytes` of the
/// text are looked at.
struct Diagnostic {
    let said: Classifier.Said

    /// - Parameter status: from the field `Status`; a code within the text is nearer to what the host said.
    init(_ text: String, status: EnhancedStatusCode?) {
        let cut = text.utf8.count > ReplyWords.maxTextBytes
        let text = cut ? String(decoding: text.utf8.prefix(ReplyWords.maxTextBytes), as: UTF8.self) : text
        let bytes = Array(text.utf8)
        let reply = Self.replyCode(in: bytes)
        let body = reply.map { bytes[$0.end...] } ?? bytes[...]
        let written = Self.status(in: body, of: reply?.code) ?? Self.status(in: bytes[...], of: nil)
        // Words before the code are of the host that writes the report, unless nothing else is there.
        let words = body.contains(where: Self.isLetter) ? body : bytes[...]
        said = Classifier.Said(
            code: reply?.code, status: written ?? status, text: String(decoding: words, as: UTF8.self),
            stage: Self.stage(in: text.lowercased()))
    }

    /// The first number that can be the code of a refusal, standing alone or before a hyphen.
    private static func replyCode(in bytes: [UInt8]) -> (code: Int, end: Int)? {
        for start in bytes.indices.dropLast(2) where start == 0 || isBreak(bytes[start - 1]) {
            let end = start + 3
            guard end == bytes.count || isBreak(bytes[end]) || bytes[end] == 0x2D,
                let code = number(bytes[start..<end]),
                (400...459).contains(code)
                    || (500...559).contains(code) || code == 571
            else { continue }
            return (code, end)
        }
        return nil
    }

    /// The first enhanced status code, of the class of the reply code if there is one.
    private static func status(in bytes: ArraySlice<UInt8>, of code: Int?) -> EnhancedStatusCode? {
        bytes.lazy
            .split { !($0 == 0x2E || (0x30...0x39).contains($0)) }
            .compactMap { piece -> EnhancedStatusCode? in
                let trimmed = piece.last == 0x2E ? piece.dropLast() : piece
                return EnhancedStatusCode(String(decoding: trimmed, as: UTF8.self))
            }
            .first { $0.statusClass != 2 && (code == nil || $0.statusClass == (code ?? 0) / 100) }
    }

    /// What Postfix and Exim say of the command that was refused.
    private static func stage(in text: String) -> SMTPStage? {
        let commands: [(String, SMTPStage)] = [
            ("end of data", .endOfData), ("data", .data), ("mail from", .mail), ("rcpt to", .recipient),
            ("initial connection", .greeting), ("ehlo", .hello), ("helo", .hello),
        ]
        for introduction in ["in reply to ", "after "] {
            for (command, stage) in commands where text.contains(introduction + command) { return stage }
        }
        return nil
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    private static func isBreak(_ byte: UInt8) -> Bool {
        [0x09, 0x0A, 0x0D, 0x20, 0x22, 0x27, 0x28, 0x2C, 0x3A, 0x3B, 0x3C, 0x3E, 0x5B, 0x7C].contains(byte)
    }

    private static func isLetter(_ byte: UInt8) -> Bool { byte >= 0x80 || (0x41...0x7A).contains(byte) }
}
