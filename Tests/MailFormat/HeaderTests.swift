import Testing

@testable import MailFormat

@Suite struct HeaderTests {
    private let message = Array(
        """
        Received: from a\r
        \tby b\r
        From: Jane <jane@example.org>\r
        SUBJECT: =?utf-8?q?Gr=C3=BC?=\r
         =?utf-8?q?=C3=9Fe?=\r
        X-Dispatch-Tag: one\r
        x-dispatch-tag: two\r
        \r
        body\r
        From: no field\r

        """.utf8)

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private func problem(_ header: String) -> HeaderError? {
        do {
            _ = try MessageHeaders(Array(header.utf8))
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: StandardField.allCases)
    func `a standard field is known in any case, and by its whole name alone`(field: StandardField) throws {
        let name = field.name
        for written in [name, name.lowercased(), name.uppercased()] {
            let headers = try MessageHeaders(Array("X: 1\r\n\(written): a\r\n\r\n".utf8))
            #expect(headers.first(field)?.name == written)
            #expect(headers.count(field) == 1)
            #expect(headers.value(field) == "a")
        }
        for other in ["\(name)s", String(name.dropLast()), "X\(name.dropFirst())"] {
            let headers = try MessageHeaders(Array("\(other): a\r\n\r\n".utf8))
            #expect(headers.count(field) == 0)
            #expect(headers.first(field) == nil)
        }
        let twice = try MessageHeaders(Array("\(name): a\r\n\(name.lowercased()): b\r\n\r\n".utf8))
        #expect(twice.count(field) == 2)
        #expect(twice.duplicates() == (field.isSingle ? [name] : []))
    }

    @Test func `fields are found in any case and unfolded`() throws {
        let headers = try MessageHeaders(message)
        #expect(
            headers.fields.map(\.name) == ["Received", "From", "SUBJECT", "X-Dispatch-Tag", "x-dispatch-tag"])
        #expect(headers.value("received") == "from a\tby b")
        #expect(headers.text("subject") == "Grüße")
        #expect(headers.values("X-Dispatch-Tag") == ["one", "two"])
        #expect(text(Array(message[headers.bodyStart...])) == "body\r\nFrom: no field\r\n")
    }

    @Test func `fields are removed, replaced and added without touching the body`() throws {
        let headers = try MessageHeaders(message)
        var editor = HeaderEditor(headers)
        editor.remove("X-Dispatch-Tag", "received")
        try editor.replace("Subject", with: "New")
        try editor.replace("Date", with: "today")
        try editor.prepend("DKIM-Signature", "v=1")
        try editor.prepend("Received", "here")
        #expect(
            text(editor.message())
                == "Received: here\r\nDKIM-Signature: v=1\r\nFrom: Jane <jane@example.org>\r\n"
                + "Subject: New\r\nDate: today\r\n\r\nbody\r\nFrom: no field\r\n")
        #expect(HeaderEditor(headers).message() == message)
    }

    @Test func `a message that ends in its header gets the empty line`() throws {
        var editor = HeaderEditor(try MessageHeaders(Array("From: a@example.org".utf8)))
        try editor.append("X", "y")
        #expect(text(editor.message()) == "From: a@example.org\r\nX: y\r\n\r\n")
    }

    @Test func `headers that two readers could read differently are refused`() {
        #expect(problem("From: a@x.org\r\nno field\r\n\r\n") == .malformedLine(2))
        #expect(problem("From : a@x.org\r\n\r\n") == .malformedLine(1))
        #expect(problem(" From: a@x.org\r\n\r\n") == .malformedLine(1))
        #expect(problem(": a@x.org\r\n\r\n") == .malformedLine(1))
        #expect(problem("From: a\rFrom: b\r\n\r\n") == .malformedLine(1))
        #expect(problem("From: a\u{0}\r\n\r\n") == .malformedLine(1))
        #expect(problem("From: a\r\n \r\nX: y\r\n\r\n") == .malformedLine(2))
        #expect(problem("A: b\r\nX: \(String(repeating: "y", count: 996))\r\n\r\n") == .lineTooLong(line: 2))
        #expect(problem("X: \(String(repeating: "y", count: 995))\r\n\r\n") == nil)
        #expect(problem(String(repeating: "X: y\r\n", count: 2_001)) == .tooManyFields)
        #expect(
            problem(String(repeating: "X: \(String(repeating: "y", count: 900))\r\n", count: 300))
                == .headerTooLarge)
        #expect(problem("") == nil)
    }

    @Test func `every address that says who it is from is found`() throws {
        let header =
            "From: A <a@x.org>, b@x.org\r\nSender: s@x.org\r\n"
            + "Resent-From: r@y.org\r\nReply-To: q@z.org\r\n\r\n"
        let headers = try MessageHeaders(Array(header.utf8))
        let (authors, others) = try headers.senders()
        #expect(authors.map(\.address.description) == ["a@x.org", "b@x.org"])
        #expect(others.map(\.address.description) == ["s@x.org", "r@y.org"])
        func error(_ text: String) throws -> HeaderError? {
            let headers = try MessageHeaders(Array(text.utf8))
            do {
                _ = try headers.senders()
                return nil
            } catch {
                return error
            }
        }
        #expect(try error("From: a@x.org\r\nfrom: b@x.org\r\n\r\n") == .duplicate("From"))
        #expect(try error("Sender: a@x.org\r\n\r\n") == .missing("From"))
        #expect(try error("From: g:;\r\n\r\n") == .missing("From"))
        #expect(try error("From: a@@x.org\r\n\r\n") != nil)
        #expect(
            try MessageHeaders(Array("To: a@x\r\nto: b@x\r\nCc: c@x\r\n\r\n".utf8)).duplicates() == ["To"])
    }

    @Test func `fields are folded at spaces and nowhere else`() throws {
        let words = (0..<60).map { "word\($0)" }.joined(separator: " ")
        let encoded = text(try HeaderField.encode(name: "Subject", value: words))
        let lines = encoded.split(separator: "\r\n")
        #expect(lines.count > 3 && lines.allSatisfy { $0.utf8.count <= 78 })
        #expect(encoded.replacing("\r\n", with: "") == "Subject: \(words)")
        let long = String(repeating: "x", count: 990)
        #expect(
            text(try HeaderField.encode(name: "References", value: long)) == "References:\r\n \(long)\r\n")
        #expect(throws: HeaderError.valueTooLong(field: "X")) {
            try HeaderField.encode(name: "X", value: String(repeating: "x", count: 998))
        }
        #expect(throws: HeaderError.controlCharacter(field: "X")) {
            try HeaderField.encode(name: "X", value: "a\r\nB: c")
        }
        #expect(throws: HeaderError.badFieldName("X:")) { try HeaderField.encode(name: "X:", value: "a") }
    }

    @Test func `free text reads back whatever it is`() throws {
        let texts = [
            "plain", "Grüße aus München", String(repeating: "日本語", count: 80), "a  b   c ä", " ä ", "👩‍👩‍👧‍👦",
            String(repeating: "e\u{301}", count: 200), "=?x?", "tab\tä", "100 % ö_?=",
        ]
        for original in texts {
            let encoded = try HeaderField.encode(name: "Subject", value: original)
            #expect(encoded.split(separator: 10).allSatisfy { $0.count <= 79 })
            let headers = try MessageHeaders(encoded + Array("\r\n".utf8))
            #expect(headers.text("Subject") == original)
        }
    }

    @Test func `dates are written as RFC 5322 has them`() {
        #expect(MailDate.format(secondsSince1970: 0) == "Thu, 01 Jan 1970 00:00:00 +0000")
        #expect(MailDate.format(secondsSince1970: 951_782_400) == "Tue, 29 Feb 2000 00:00:00 +0000")
        #expect(MailDate.format(secondsSince1970: 1_732_170_123) == "Thu, 21 Nov 2024 06:22:03 +0000")
        #expect(MailDate.format(secondsSince1970: -5) == "Thu, 01 Jan 1970 00:00:00 +0000")
        #expect(MailDate.format(secondsSince1970: .max) == "Fri, 31 Dec 9999 23:59:59 +0000")
    }

    @Test func `message ids are checked`() {
        #expect(
            MessageIdentifier.make(unique: "018f.abc", domain: "mail.example.org")
                == "<018f.abc@mail.example.org>")
        #expect(MessageIdentifier.isValid("<a@[192.0.2.1]>"))
        for bad in [
            "", "a@b", "<a>", "<a@>", "<@b>", "<a@b@c>", "<a b@c>", "<a..b@c>", "<ä@b>", "<a@b>\r\n",
            "<a@b> ",
        ] {
            #expect(!MessageIdentifier.isValid(bad), "\(bad)")
        }
    }

    @Test func `the policy names the first field that may not be set`() {
        func offending(_ name: String, _ value: String = "x") -> String? {
            HeaderPolicy.offendingName(in: [("X-Fine", "1"), (name, value), ("Bcc", "x")])
        }
        for name in [
            "received", "Return-Path", "DKIM-signature", "ARC-Seal", "Authentication-Results", "BCC",
            "content-type",
            "Content-Transfer-Encoding", "MIME-Version", "Message-ID", "X-Dispatch-ID", "x-dispatch-metadata",
        ] {
            #expect(offending(name) == name)
        }
        for name in ["X-Dispatch-Tag", "x-dispatch-stream", "X-Dispatch-Idempotency-Key", "List-Unsubscribe"]
        {
            #expect(offending(name) == "Bcc")
        }
        #expect(offending("Message-ID", "<a@b.example>") == "Bcc")
    }

    @Test func `line ends are made CRLF once`() {
        func normalized(_ text: String) -> String { self.text(LineEndings.normalized(Array(text.utf8))) }
        #expect(normalized("a\nb\rc\r\nd\n\re\r\r\n") == "a\r\nb\r\nc\r\nd\r\n\r\ne\r\n\r\n")
        #expect(normalized("a\r\nb\r\n") == "a\r\nb\r\n")
        #expect(normalized("\n") == "\r\n" && normalized("\r") == "\r\n" && normalized("") == "")
    }
}
