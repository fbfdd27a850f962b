import Testing

@testable import SMTPWire

@Suite struct SMTPReplyTests {
    private func parse(_ text: String) -> SMTPReplyParser.Step {
        var parser = SMTPReplyParser()
        return parser.parse(Array(text.utf8)[...]).step
    }

    @Test func `a reply is written line by line with its codes`() {
        let reply = SMTPReply(550, .init(5, 1, 1), lines: ["No such user", "Ask elsewhere"])
        #expect(reply.encode() == Array("550-5.1.1 No such user\r\n550 5.1.1 Ask elsewhere\r\n".utf8))
        #expect(SMTPReply(354, "Go").encode() == Array("354 Go\r\n".utf8))
        #expect(SMTPReply(250, "").encode() == Array("250 \r\n".utf8))
    }

    @Test func `text from outside cannot begin another reply`() {
        let reply = SMTPReply(250, "ok\r\n250 injected\u{0}é")
        #expect(reply.encode() == Array("250 ok??250 injected???\r\n".utf8))
    }

    @Test func `no line that we send is longer than 512 bytes`() {
        let encoded = SMTPReply(250, .init(2, 0, 0), String(repeating: "x", count: 1_300)).encode()
        let lines = encoded.split(separator: 0x0A)
        #expect(lines.allSatisfy { $0.count < 512 })
        #expect(lines.count == 3)
    }

    @Test func `replies are read whole, in pieces, and one at a time`() {
        let text = "250-mx.example\r\n250-SIZE 100\r\n250 DSN\r\n220 next\r\n"
        let bytes = Array(text.utf8)
        let expected = SMTPReply(250, lines: ["mx.example", "SIZE 100", "DSN"])
        for cut in 0..<(bytes.count - 10) {
            var parser = SMTPReplyParser()
            let (first, used) = parser.parse(bytes[..<cut])
            guard first == .needMore else {
                Issue.record("early at \(cut)")
                return
            }
            let (second, consumed) = parser.parse(bytes[used...])
            #expect(second == .reply(expected))
            #expect(parser.parse(bytes[(used + consumed)...]).step == .reply(SMTPReply(220, "next")))
        }
    }

    @Test func `an enhanced status code is taken out of the text when its class fits`() {
        #expect(parse("550 5.1.1 Gone\r\n") == .reply(SMTPReply(550, .init(5, 1, 1), "Gone")))
        #expect(parse("550 4.1.1 Gone\r\n") == .reply(SMTPReply(550, "4.1.1 Gone")))
        #expect(
            parse("421-4.7.0 a\r\n421-b\r\n421 4.7.0\r\n")
                == .reply(SMTPReply(421, .init(4, 7, 0), lines: ["a", "b", ""])))
    }

    @Test func `garbage is malformed and never a reply`() {
        #expect(parse("999 no\r\n") == .malformed(.notAReply))
        #expect(parse("25\r\n") == .malformed(.notAReply))
        #expect(parse("250_ok\r\n") == .malformed(.notAReply))
        #expect(parse("HTTP/1.1 400\r\n") == .malformed(.notAReply))
        #expect(parse("\r\n") == .malformed(.notAReply))
        #expect(parse("250-a\r\n550 b\r\n") == .malformed(.mixedCodes))
        #expect(parse(String(repeating: "2", count: 5_000)) == .malformed(.lineTooLong))
        #expect(parse(String(repeating: "250-x\r\n", count: 200)) == .malformed(.tooManyLines))
        #expect(parse("250") == .needMore)
        #expect(parse("250\n") == .reply(SMTPReply(250, "")))
    }

    @Test func `text that is not printable is made so`() {
        var parser = SMTPReplyParser()
        let bytes = Array("550 a".utf8) + [0x1B, 0xFF, 0x00] + Array("\r\n".utf8)
        #expect(parser.parse(bytes[...]).step == .reply(SMTPReply(550, "a?\u{FFFD}?")))
    }

    @Test func `the extensions go there and back`() {
        var offered = SMTPExtensions()
        offered.pipelining = true
        offered.hasSize = true
        offered.maxMessageBytes = 26_214_400
        offered.eightBitMIME = true
        offered.smtpUTF8 = true
        offered.chunking = true
        offered.dsn = true
        offered.enhancedStatusCodes = true
        offered.startTLS = true
        offered.requireTLS = true
        offered.authMechanisms = ["PLAIN", "LOGIN"]
        offered.maxRecipients = 50
        #expect(SMTPExtensions(reply: offered.reply(greeting: "mx.example")) == offered)
        let odd = SMTPReply(
            250, lines: ["STARTTLS", "auth=login", "AUTH LOGIN plain", "SIZE x", "SIZE", "WHAT 1"])
        let read = SMTPExtensions(reply: odd)
        #expect(!read.startTLS && read.authMechanisms == ["LOGIN", "PLAIN"] && read.maxMessageBytes == nil)
    }

    @Test func `status codes are read strictly`() {
        #expect(EnhancedStatusCode("5.7.26") == .init(5, 7, 26))
        for bad in ["5.7", "5.7.1.1", "3.0.0", "5.7.1000", "5.7.", "", "05.1.1", "5.-1.1"] {
            #expect(EnhancedStatusCode(bad) == nil, "\(bad)")
        }
    }

    @Test func `an enhanced status code is read back as it is written`() {
        for statusClass in [2, 4, 5] {
            for subject in [0, 1, 9, 10, 99, 100, 105, 999] {
                for detail in [0, 7, 10, 30, 100, 999] {
                    let code = EnhancedStatusCode(statusClass, subject, detail)
                    #expect(code.description == "\(statusClass).\(subject).\(detail)")
                    #expect(EnhancedStatusCode(code.description) == code)
                }
            }
        }
        for bad in [
            "", "2", "2.", "2.1", "2.1.", "3.1.1", "25.1.1", "2.1000.1", "2.1.1000", "2.1.1 ", "2..1",
        ] {
            #expect(EnhancedStatusCode(bad) == nil, "\(bad)")
        }
        #expect(EnhancedStatusCode("5.01.007") == EnhancedStatusCode(5, 1, 7))
    }
}
