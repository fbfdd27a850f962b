import Testing

@testable import MailFormat

@Suite struct MIMEBuilderTests {
    private func message() throws -> OutgoingMessage {
        var message = OutgoingMessage()
        message.from = [try Mailbox("Zoë <zoe@example.org>")]
        message.to = [try Mailbox("\"Doe, Jane\" <jane@example.org>")]
        message.subject = "Hello"
        message.text = "Hi\nthere\n"
        message.messageID = "<1@example.org>"
        message.dateSecondsSince1970 = 1_732_170_123
        message.boundarySeed = 42
        return message
    }

    private func text(_ message: OutgoingMessage) throws -> String {
        String(decoding: try MIMEBuilder.build(message), as: UTF8.self)
    }

    private func refusal(_ change: (inout OutgoingMessage) -> Void) throws -> MIMEBuildError? {
        var message = try message()
        change(&message)
        do {
            _ = try MIMEBuilder.build(message)
            return nil
        } catch {
            return error
        }
    }

    @Test func `a plain message is as plain as can be`() throws {
        let expected = """
            Date: Thu, 21 Nov 2024 06:22:03 +0000\r
            From: =?UTF-8?Q?Zo=C3=AB?= <zoe@example.org>\r
            To: "Doe, Jane" <jane@example.org>\r
            Subject: Hello\r
            Message-ID: <1@example.org>\r
            MIME-Version: 1.0\r
            Content-Type: text/plain; charset=utf-8\r
            Content-Transfer-Encoding: 7bit\r
            \r
            Hi\r
            there\r

            """
        #expect(try text(message()) == expected)
    }

    @Test func `the layers are there when they are needed, and only then`() throws {
        func shape(_ change: (inout OutgoingMessage) -> Void) throws -> String {
            var message = try message()
            change(&message)
            let parsed = MIMEParser.parse(try MIMEBuilder.build(message))
            func shape(_ index: Int) -> String {
                let part = parsed.parts[index]
                let name = part.contentType.value.split(separator: "/").last.map(String.init) ?? ""
                return part.isMultipart ? "\(name)(\(part.children.map(shape).joined(separator: " ")))" : name
            }
            return shape(0)
        }
        let file = OutgoingMessage.Attachment(filename: "a.pdf", bytes: [1, 2, 3])
        let image = OutgoingMessage.Attachment(
            filename: "logo.png", bytes: [4], isInline: true, contentID: "logo")
        #expect(try shape { _ in } == "plain")
        #expect(try shape { $0.text = nil } == "plain")
        #expect(try shape { $0.html = "<p>" } == "alternative(plain html)")
        #expect(try shape { ($0.text, $0.html) = (nil, "<p>") } == "html")
        #expect(try shape { $0.attachments = [file] } == "mixed(plain pdf)")
        #expect(
            try shape { ($0.text, $0.html, $0.attachments) = (nil, "<p>", [image]) } == "related(html png)")
        #expect(
            try shape { ($0.html, $0.attachments) = ("<p>", [file, image, file]) }
                == "mixed(related(alternative(plain html) png) pdf pdf)")
        #expect(try shape { $0.attachments = [image] } == "mixed(plain png)")
    }

    @Test func `what goes in comes out again`() throws {
        var message = try message()
        message.cc = [try Mailbox("c@bücher.example")]
        message.replyTo = [try Mailbox("r@example.org")]
        message.subject = "Grüße 日本語 " + String(repeating: "long ", count: 40)
        message.text = "From me\r\n.\r\nnaïve = text  \r\n" + String(repeating: "x", count: 2_000)
        message.html = "<p>Привет</p>"
        message.headers = [
            ("List-Unsubscribe", "<https://example.org/u>"), ("X-Name", "é"), ("X-Dispatch-Tag", "t"),
        ]
        let bytes = (0..<1_000).map { UInt8(truncatingIfNeeded: $0) }
        let names = [
            "Rechnung für März – \(String(repeating: "sehr ", count: 20))lang.pdf", "a \"b\"; c.txt",
            "日本.png",
        ]
        message.attachments = names.map { .init(filename: $0, bytes: bytes) }
        message.attachments[2].isInline = true
        let built = try MIMEBuilder.build(message)
        #expect(built.split(separator: 10).allSatisfy { $0.count <= 79 && $0.last == 13 })
        #expect(built.allSatisfy { $0 < 0x80 })
        let parsed = MIMEParser.parse(built)
        #expect(parsed.header("Subject") == message.subject)
        #expect(parsed.header("Cc") == "c@xn--bcher-kva.example")
        #expect(parsed.header("X-Name") == "é")
        #expect(parsed.header("X-Dispatch-Tag") == nil)
        #expect(parsed.plainText == message.text)
        #expect(parsed.html == message.html)
        #expect(parsed.attachments.map(\.filename) == [names[2], names[0], names[1]])
        #expect(parsed.attachments.map(\.contentID) == [nil, nil, nil])
        #expect(parsed.attachments.allSatisfy { parsed.body(of: $0.part) == bytes })
    }

    @Test func `the same input gives the same bytes, and no body holds a boundary`() throws {
        var message = try message()
        message.html = "<p>"
        let first = try text(message)
        #expect(try text(message) == first)
        let boundary = try #require(MIMEParser.parse(Array(first.utf8)).root.contentType["boundary"])
        message.text = "--\(boundary)\r\n\r\nevil\r\n--\(boundary)--\r\n"
        let parsed = MIMEParser.parse(try MIMEBuilder.build(message))
        #expect(parsed.parts.count == 3)
        #expect(parsed.root.contentType["boundary"] != boundary)
        #expect(parsed.plainText?.contains("evil") == true)
    }

    @Test func `nothing from outside begins a header, and the field is named`() throws {
        for bad in ["a\r\nBcc: x@example.org", "a\nb", "a\rb", "a\u{0}b"] {
            #expect(try refusal { $0.subject = bad } == .init(field: "subject", reason: .controlCharacter))
            #expect(
                try refusal { $0.headers = [("X-Name", bad)] }
                    == .init(field: "headers.X-Name", reason: .controlCharacter))
            #expect(
                try refusal { $0.headers = [(bad, "x")] } == .init(field: "headers.?", reason: .malformed))
            let mailbox = Mailbox(name: bad, address: try MailAddress("a@example.org"))
            #expect(
                try refusal { $0.cc = [$0.to[0], mailbox] }
                    == .init(field: "cc[1]", reason: .controlCharacter))
            #expect(
                try refusal { $0.messageID = "<a@b>\(bad)" } == .init(field: "message_id", reason: .malformed)
            )
            #expect(
                try refusal { $0.attachments = [.init(filename: bad, bytes: [])] }
                    == .init(field: "attachments[0].filename", reason: .controlCharacter))
            #expect(
                try refusal { $0.attachments = [.init(filename: "x", contentType: "text/\(bad)", bytes: [])] }
                    == .init(field: "attachments[0].content_type", reason: .controlCharacter))
            #expect(
                try refusal { $0.attachments = [.init(filename: "x", bytes: [], contentID: bad)] }
                    == .init(field: "attachments[0].content_id", reason: .malformed))
        }
    }

    @Test func `fields that are not the caller's are refused`() throws {
        #expect(
            try refusal { $0.headers = [("bcc", "x")] } == .init(field: "headers.bcc", reason: .forbidden))
        #expect(
            try refusal { $0.headers = [("From", "x")] }
                == .init(field: "headers.From", reason: .setElsewhere))
        #expect(try refusal { $0.from = [] } == .init(field: "from", reason: .missing))
        #expect(try refusal { $0.from.append($0.to[0]) } == .init(field: "sender", reason: .missing))
        let long = String(repeating: "x", count: 999)
        #expect(try refusal { $0.subject = long } == .init(field: "subject", reason: .tooLong(maxBytes: 998)))
        #expect(try refusal { $0.subject = String(long.dropLast()) } == nil)
        #expect(try refusal { $0.headers = [("X", long)] }?.reason == .tooLong(maxBytes: 998))
        #expect(
            try refusal { $0.attachments = [.init(filename: "x", contentType: "text", bytes: [])] }?.reason
                == .malformed)
    }

    @Test func `attachments cannot change the structure`() throws {
        var message = try message()
        message.attachments = [
            .init(filename: "m", contentType: "multipart/mixed; boundary=x", bytes: Array("--x\r\n".utf8)),
            .init(filename: "e.eml", contentType: "message/rfc822", bytes: Array("A: b\r\n\r\nc".utf8)),
            .init(filename: "f.eml", contentType: "message/rfc822", bytes: Array("A: ä\n\nc".utf8)),
        ]
        let parsed = MIMEParser.parse(try MIMEBuilder.build(message))
        let types = ["application/octet-stream", "message/rfc822", "application/octet-stream"]
        #expect(parsed.attachments.map(\.contentType) == types)
        #expect(parsed.attachments.map { parsed.body(of: $0.part) } == message.attachments.map(\.bytes))
    }
}
