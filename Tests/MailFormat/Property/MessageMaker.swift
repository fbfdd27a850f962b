import TestSupport

@testable import MailFormat

/// Makes messages of all that people and programs put into them; the same seed makes the same ones.
struct MessageMaker {
    private var random: SeededBytes

    init(seed: UInt64) { random = SeededBytes(seed: seed) }

    private static let pieces = [
        "Hello", "Grüße", "日本語", "Привет", "مرحبا", "שלום", "नमस्ते", "👩‍👩‍👧‍👦", "🇩🇪", "👍🏽", "e\u{301}\u{302}", "ﬁ",
        "\u{202E}abc\u{202C}", "\u{200B}", "\u{AD}", "\u{2028}", "\u{85}", "\u{FEFF}", "\u{FFFD}",
        "\u{1F9FF}",
        "\u{10FFFF}", "=?UTF-8?Q?x?=", "=?", "?=", "=?utf-8?b?w6Q=?=", "=41", "%41", "\"", "\\", "\\\"", ",",
        ";",
        "(", ")", "(c)", "<", ">", "<a@b.example>", "@", ":", ".", "..", "'", "''", "%", "*", "_", "?", "=",
        "&amp;", "~", "`", "$1", "{{x}}", "Re:", "http://example.org/a?b=c&d=e", "O'Neil", "Jr.",
        "filename*=UTF-8''x", "--", "name=\"x\"",
    ]
    private static let lines = [
        "", ".", "..", ".x", "From me", ">From you", "From: a@b.example", "--", "--=_0", "tab\tand  spaces ",
        "naïve = text", "=3D", "日本語の文章です。", "👩‍👩‍👧‍👦 family", "MAIL FROM:<a@b.example>", "\u{0}", "\u{C}",
        "\u{1B}[31m",
        "Content-Type: text/html", "begin 644 x", "a long line that goes on and on, and then some more of it",
    ]
    private static let ends = [
        "\r\n", "\r\n", "\n", "\n", "\r", "\r\n\r\n", "\n.\n", "\r\n.\r\n", "\r.\r", "\n\r",
    ]

    mutating func below(_ limit: Int) -> Int { random.below(limit) }

    private mutating func pick<Element>(_ choices: [Element]) -> Element {
        choices[random.below(choices.count)]
    }

    /// One line of text for a header: words of every kind, long ones, and spaces where people put them.
    mutating func phrase(maxBytes: Int = 600) -> String {
        var text = ""
        for _ in 0..<(1 + random.below(random.below(8) == 0 ? 40 : 5)) {
            switch random.below(12) {
            case 0: text += String(repeating: "x", count: 1 + random.below(150))
            case 1: text += String(repeating: pick(["ä", "字", "😀", "a\u{308}"]), count: 1 + random.below(60))
            case 2: text += String(repeating: " ", count: 1 + random.below(4))
            case 3, 4: text += pick(Self.pieces) + pick(Self.pieces)
            default: text += pick(Self.pieces)
            }
            if random.below(3) > 0 { text += " " }
        }
        if random.below(4) > 0 { text = String(text.trimmingSpaces) }
        // No character is cut in two, so it may be a little shorter.
        while text.utf8.count > maxBytes { text.removeLast() }
        return text
    }

    mutating func address(isUTF8: Bool) throws -> MailAddress {
        let local =
            isUTF8 && random.below(2) == 0
            ? pick(["jörg", "用户", "δοκιμή"])
            : pick([
                "a", "b", "c_d", "jane.doe", "jane.doe", "x+tag", "x+tag", "o'neil", "odd one", "a..b",
                "\"q\"", "(c)", "<x>", "=?x?=",
            ])
        let domain = pick(["example.org", "bücher.example", "例え.jp", "xn--bcher-kva.example", "[192.0.2.1]"])
        return try MailAddress(localPart: local, domain: domain)
    }

    mutating func mailboxes(_ count: Int, isUTF8: Bool) throws -> [Mailbox] {
        try (0..<count).map { _ in
            Mailbox(
                name: random.below(4) == 0 ? nil : phrase(maxBytes: 300), address: try address(isUTF8: isUTF8)
            )
        }
    }

    /// The content of a body: lines of all kinds with ends of all kinds.
    mutating func body() -> String {
        var text = ""
        for _ in 0..<random.below(random.below(10) == 0 ? 200 : 12) {
            switch random.below(8) {
            case 0: text += String(repeating: pick(["x", "x ", "ü", "字"]), count: random.below(1_500))
            case 1: text += phrase()
            default: text += pick(Self.lines)
            }
            text += pick(Self.ends)
        }
        if random.below(2) == 0 { text += pick(Self.lines) }
        return text
    }

    mutating func bytes() -> [UInt8] {
        switch random.below(4) {
        case 0: []
        case 1: (0..<random.below(3_000)).map { _ in UInt8(random.below(256)) }
        case 2: Array(body().utf8)
        default: Array("MAIL FROM:<a@b.example>\n.\nDATA\r.\r\u{0}".utf8)
        }
    }

    private mutating func attachment(_ number: Int) -> OutgoingMessage.Attachment {
        var name = phrase(maxBytes: 200)
        if random.below(4) == 0 { name += pick([".pdf", ".txt", ".ics", ".csv", ".tar.gz", ".png"]) }
        if random.below(12) == 0 { name = "" }
        let type = pick([
            nil, nil, "application/pdf", "text/plain", "text/plain; charset=iso-8859-1",
            "text/calendar; method=REQUEST", "image/png", "Application/X-Odd; a=\"b c\"; d=e",
            "multipart/mixed; boundary=x", "message/partial; id=\"1\"",
        ])
        var made = OutgoingMessage.Attachment(
            filename: name, contentType: type, bytes: bytes(),
            isInline: !name.isEmpty && random.below(3) == 0)
        if made.isInline, random.below(2) == 0 { made.contentID = "part\(number)@example.org" }
        return made
    }

    /// - Parameter number: makes the message id.
    mutating func message(_ number: Int) throws -> OutgoingMessage {
        var message = OutgoingMessage()
        let isUTF8 = random.below(6) == 0
        message.from = try mailboxes(1 + (random.below(8) == 0 ? 1 : 0), isUTF8: isUTF8)
        if message.from.count > 1 || random.below(8) == 0 {
            message.sender = try mailboxes(1, isUTF8: isUTF8).first
        }
        message.to = try mailboxes(random.below(random.below(10) == 0 ? 30 : 4), isUTF8: isUTF8)
        message.cc = try mailboxes(random.below(3), isUTF8: isUTF8)
        message.replyTo = try mailboxes(random.below(2), isUTF8: isUTF8)
        message.subject = random.below(15) == 0 ? "" : phrase()
        message.messageID = "<\(number)@example.org>"
        message.dateSecondsSince1970 = 1_732_170_123
        message.boundarySeed = random.next()
        if random.below(3) > 0 { message.text = body() }
        if random.below(2) == 0 { message.html = body() }
        message.attachments = (0..<random.below(4)).map { attachment($0) }
        for index in 0..<random.below(random.below(20) == 0 ? 40 : 4) {
            let value = phrase(maxBytes: 300)
            // The value of a header that is ASCII is the caller's own writing.
            message.headers.append(("X-Prop-\(index)", value.isASCII ? "plain \(index)" : value))
        }
        return message
    }
}

extension String {
    /// Without spaces at either end.
    var trimmingSpaces: Substring {
        var rest = self[...]
        while rest.first == " " { rest = rest.dropFirst() }
        while rest.last == " " { rest = rest.dropLast() }
        return rest
    }
}
