import Testing

@testable import MailFormat

/// Attachments of every kind, and the fields that describe them.
@Suite struct AttachmentTests {
    private func built(_ attachments: [OutgoingMessage.Attachment]) throws -> ParsedMessage {
        var message = OutgoingMessage()
        message.from = [try Mailbox("a@example.org")]
        message.to = [try Mailbox("b@example.org")]
        message.text = "Hi"
        message.messageID = "<1@example.org>"
        message.attachments = attachments
        return MIMEParser.parse(try MIMEBuilder.build(message))
    }

    private func type(_ attachment: OutgoingMessage.Attachment) throws -> ParameterizedValue {
        let parsed = try built([attachment])
        return parsed.parts[try #require(parsed.attachments.first).part].contentType
    }

    @Test func `a message that is attached goes unencoded, with line ends of CRLF`() throws {
        let original = "From: x@example.org\nSubject: inner\n\nFrom the start\n.\n"
        let parsed = try built([.init(filename: "a.eml", bytes: Array(original.utf8))])
        let file = try #require(parsed.attachments.first)
        #expect(file.contentType == "message/rfc822" && file.filename == "a.eml")
        #expect(parsed.parts[file.part].encoding == .sevenBit)
        #expect(
            String(decoding: parsed.body(of: file.part), as: UTF8.self)
                == original.replacing("\n", with: "\r\n"))
    }

    @Test(arguments: ["A: ä\r\n\r\nx", "A: b\r\n\r\n\u{0}", "A: \(String(repeating: "x", count: 999))\r\n"])
    func `one that cannot go as it is goes as plain bytes`(text: String) throws {
        let parsed = try built([.init(filename: "a.eml", bytes: Array(text.utf8))])
        let file = try #require(parsed.attachments.first)
        #expect(file.contentType == "application/octet-stream")
        #expect(parsed.body(of: file.part) == Array(text.utf8))
    }

    @Test func `a text says its charset, the caller's own or that of its bytes`() throws {
        let utf8 = Array("Grüße".utf8)
        #expect(try type(.init(filename: "a.txt", bytes: utf8))["charset"] == "utf-8")
        let named = OutgoingMessage.Attachment(
            filename: "a.csv", contentType: "text/csv; charset=iso-8859-1", bytes: [0xE4])
        #expect(try type(named)["charset"] == "iso-8859-1")
        #expect(try type(.init(filename: "a.txt", bytes: [0xE4]))["charset"] == nil)
        #expect(try type(.init(filename: "a.pdf", bytes: utf8))["charset"] == nil)
    }

    @Test func `an invitation says its method`() throws {
        let calendar = Array("BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n".utf8)
        let guessed = try type(.init(filename: "invite.ics", bytes: calendar))
        #expect(guessed.value == "text/calendar" && guessed["method"] == "REQUEST")
        let given = OutgoingMessage.Attachment(
            filename: "x", contentType: "text/calendar; method=CANCEL; component=VEVENT", bytes: calendar)
        #expect(try type(given)["method"] == "CANCEL")
        #expect(try type(given)["component"] == "VEVENT")
        #expect(try type(.init(filename: "b.ics", bytes: Array("METHOD:a b".utf8)))["method"] == nil)
    }

    @Test func `a thousand headers are written and read, one more is refused by name`() throws {
        var message = OutgoingMessage()
        message.from = [try Mailbox("a@example.org")]
        message.text = ""
        message.messageID = "<1@example.org>"
        message.headers = (0..<1_000).map { ("X-H-\($0)", "value \($0)") }
        let headers = try MessageHeaders(try MIMEBuilder.build(message))
        #expect(headers.value("X-H-999") == "value 999")
        message.headers.append(("X-H-1000", "x"))
        #expect(throws: MIMEBuildError(field: "headers", reason: .tooMany(max: 1_000))) {
            try MIMEBuilder.build(message)
        }
        message.headers = (0..<300).map { ("X-H-\($0)", String(repeating: "x", count: 950)) }
        #expect(throws: MIMEBuildError(field: "headers", reason: .tooLong(maxBytes: 262_144))) {
            try MIMEBuilder.build(message)
        }
    }

    @Test func `a header that is not ASCII is written by its own grammar`() throws {
        var message = OutgoingMessage()
        message.from = [try Mailbox("a@example.org")]
        message.text = ""
        message.messageID = "<1@example.org>"
        message.headers = [("Disposition-Notification-To", "Jörg <j@bücher.example>")]
        let headers = try MessageHeaders(try MIMEBuilder.build(message))
        let people = try headers.mailboxes("Disposition-Notification-To")
        #expect(people.map(\.description) == ["Jörg <j@xn--bcher-kva.example>"])
        message.headers = [("References", "<ü@example.org>")]
        #expect(throws: MIMEBuildError(field: "headers.References", reason: .notASCII)) {
            try MIMEBuilder.build(message)
        }
        message.headers = [("X-Text", "ü\r\nBcc: x@example.org")]
        #expect(throws: MIMEBuildError(field: "headers.X-Text", reason: .controlCharacter)) {
            try MIMEBuilder.build(message)
        }
    }
}
