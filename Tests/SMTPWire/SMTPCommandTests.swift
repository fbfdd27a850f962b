import TestSupport
import Testing

@testable import SMTPWire

@Suite struct SMTPCommandTests {
    private func parse(_ line: String) throws -> SMTPCommand { try SMTPCommand(line: Array(line.utf8)[...]) }

    private func refusal(_ line: String) -> String {
        do {
            return "accepted as \(try parse(line))"
        } catch let error as SMTPSyntaxError {
            return "\(error.code) \(error.status)"
        } catch {
            return "\(error)"
        }
    }

    @Test func `the verbs are read in any case and with blanks at the end`() throws {
        #expect(try parse("ehlo Client.example ") == .ehlo("Client.example"))
        #expect(try parse("HELO [192.0.2.1]") == .helo("[192.0.2.1]"))
        #expect(try parse("data") == .data)
        #expect(try parse("RSET\t") == .rset)
        #expect(try parse("NOOP anything at all") == .noop)
        #expect(try parse("QUIT") == .quit)
        #expect(try parse("HELP me") == .help)
        #expect(try parse("VRFY joe") == .vrfy("joe"))
        #expect(try parse("EXPN list") == .expn("list"))
        #expect(try parse("STARTTLS") == .startTLS)
        #expect(try parse("GET / HTTP/1.1") == .unknown("GET"))
        #expect(try parse("") == .unknown(""))
    }

    @Test func `MAIL is read with all of its parameters`() throws {
        let command = try parse(
            "mail from:<Joe+x@Example.ORG> SIZE=1024 BODY=8BITMIME SMTPUTF8 RET=hdrs ENVID=a+2Bb AUTH=<> "
                + "REQUIRETLS"
        )
        guard case .mail(let path, let parameters) = command else {
            Issue.record("not MAIL")
            return
        }
        #expect(path?.description == "Joe+x@example.org")
        var expected = MailParameters()
        expected.sizeBytes = 1024
        expected.body = .eightBitMIME
        expected.smtpUTF8 = true
        expected.returnedContent = .headers
        expected.envelopeID = "a+b"
        expected.authenticatedSender = ""
        expected.requireTLS = true
        #expect(parameters == expected)
        #expect(try parse("MAIL FROM:<>") == .mail(from: nil, MailParameters()))
        #expect(try parse("MAIL FROM: <a@b.example>  SIZE=1") != .mail(from: nil, MailParameters()))
    }

    @Test func `RCPT is read with NOTIFY and ORCPT`() throws {
        let command = try parse("RCPT TO:<a@b.example> NOTIFY=success,DELAY ORCPT=rfc822;Bob+40x@example.com")
        guard case .rcpt(let path, let parameters) = command else {
            Issue.record("not RCPT")
            return
        }
        #expect(path.localPart == "a")
        #expect(parameters.notify == [.success, .delay])
        #expect(parameters.originalRecipient?.type == "rfc822")
        #expect(parameters.originalRecipient?.address == "Bob@x@example.com")
        guard case .rcpt(_, let never) = try parse("RCPT TO:<a@b.example> NOTIFY=NEVER") else { return }
        #expect(never.notify == [])
        guard case .rcpt(let postmaster, _) = try parse("RCPT TO:<postMaster>") else { return }
        #expect(postmaster == SMTPPath(localPart: "postMaster", domain: ""))
    }

    @Test func `what is malformed is refused with the code that says why`() {
        #expect(refusal("EHLO") == "501 5.5.4")
        #expect(refusal("EHLO a b") == "501 5.5.4")
        #expect(refusal("DATA now") == "501 5.5.4")
        #expect(refusal("MAIL <a@b.example>") == "501 5.5.4")
        #expect(refusal("MAIL FROM:a@b.example") == "501 5.1.7")
        #expect(refusal("MAIL FROM:<a@b.example>SIZE=1") == "501 5.5.4")
        #expect(refusal("MAIL FROM:<a@b.example> SIZE=1 SIZE=1") == "501 5.5.4")
        #expect(refusal("MAIL FROM:<a@b.example> SIZE=") == "501 5.5.4")
        #expect(refusal("MAIL FROM:<a@b.example> SIZE=-1") == "501 5.5.4")
        #expect(refusal("MAIL FROM:<a@b.example> SIZE=99999999999999999999") == "552 5.3.4")
        #expect(refusal("MAIL FROM:<a@b.example> SIZE=999999999999999999999") == "501 5.5.4")
        #expect(refusal("MAIL FROM:<a@b.example> BODY=BINARYMIME") == "555 5.5.4")
        #expect(refusal("MAIL FROM:<a@b.example> XSPECIAL=1") == "555 5.5.4")
        #expect(refusal("MAIL FROM:<a@b.example> SMTPUTF8=1") == "501 5.5.4")
        #expect(refusal("MAIL FROM:<a@b.example> ENVID=a+0Ab") == "501 5.5.4")
        #expect(refusal("MAIL FROM:<é@b.example>") == "553 5.6.7")
        #expect(refusal("RCPT TO:<>") == "501 5.1.3")
        #expect(refusal("RCPT TO:<joe>") == "501 5.1.3")
        #expect(refusal("RCPT TO:<a@b.example> NOTIFY=NEVER,SUCCESS") == "501 5.5.4")
        #expect(refusal("RCPT TO:<a@b.example> NOTIFY=SUCCESS,SUCCESS") == "501 5.5.4")
        #expect(refusal("RCPT TO:<a@b.example> NOTIFY=SUCCESS NOTIFY=NEVER") == "501 5.5.4")
        #expect(refusal("RCPT TO:<a@b.example> ORCPT=rfc822") == "501 5.5.4")
        #expect(refusal("RCPT TO:<a@b.example> ORCPT=utf-8;a\\x{110000}@b") == "501 5.5.4")
        #expect(refusal("MAIL FROM:<a@b.example> RET=SOME") == "501 5.5.4")
        #expect(refusal("MAIL FROM:<a@b.example> ENVID=a+C3+BCb") == "501 5.5.4")
        #expect(refusal("BDAT") == "501 5.5.4")
        #expect(refusal("BDAT 10 FIRST") == "501 5.5.4")
        #expect(refusal("BDAT 18446744073709551616") == "552 5.3.4")
        #expect(refusal("AUTH") == "501 5.5.4")
        #expect(refusal("NOOP \u{0}") == "501 5.5.2")
    }

    @Test func `BDAT and AUTH carry their arguments`() throws {
        #expect(try parse("BDAT 1000") == .bdat(byteCount: 1000, isLast: false))
        #expect(try parse("bdat 0 last") == .bdat(byteCount: 0, isLast: true))
        #expect(try parse("AUTH plain") == .auth(mechanism: "PLAIN", initialResponse: nil))
        #expect(try parse("AUTH PLAIN =") == .auth(mechanism: "PLAIN", initialResponse: []))
        #expect(
            try parse("AUTH LOGIN am9l") == .auth(mechanism: "LOGIN", initialResponse: Array("am9l".utf8)))
    }

    @Test func `what a client writes is what a server reads`() throws {
        let lines = [
            "EHLO mx.example", "HELO mx.example", "MAIL FROM:<>", "RSET", "DATA", "QUIT", "NOOP", "STARTTLS",
            "HELP",
            "MAIL FROM:<\"a b\"@x.org> SIZE=5 BODY=7BIT SMTPUTF8 RET=FULL ENVID=a+2Bb AUTH=<> REQUIRETLS",
            "RCPT TO:<a@[192.0.2.1]> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;a+3Db@x.org",
            "RCPT TO:<a@x.org> NOTIFY=NEVER",
            "BDAT 7 LAST", "BDAT 7", "AUTH PLAIN", "AUTH PLAIN =", "AUTH PLAIN AA==", "VRFY x", "EXPN y",
        ]
        for line in lines { #expect(try parse(line).encode() == Array("\(line)\r\n".utf8)) }
        #expect(SMTPCommand.ehlo("a\r\nQUIT").encode() == Array("EHLO a??QUIT\r\n".utf8))
    }

    @Test func `an original recipient is passed on in ASCII, whichever way it came`() throws {
        for (given, address, encoded) in [
            ("rfc822;a+2Bb@x.example", "a+b@x.example", "rfc822;a+2Bb@x.example"),
            ("UTF-8;j\u{F6}rg@x.example", "j\u{F6}rg@x.example", "utf-8;j\\x{F6}rg@x.example"),
            ("utf-8;j\\x{f6}rg@x.example", "j\u{F6}rg@x.example", "utf-8;j\\x{F6}rg@x.example"),
            ("utf-8;a\\x{2B}b@x.example", "a+b@x.example", "utf-8;a\\x{2B}b@x.example"),
        ] {
            let original = try #require(OriginalRecipient(encoded: Array(given.utf8)[...]))
            #expect(original.address == address)
            #expect(original.encoded == encoded)
        }
        #expect(OriginalRecipient(type: "rfc822", address: "a+b@x").reported == "rfc822;a+b@x")
        #expect(OriginalRecipient(recipient: "\u{F6}@x").reported == "utf-8;\\x{F6}@x")
    }

    @Test func `no line traps, whatever its bytes`() {
        var random = SeededBytes(seed: 7)
        let lines = [
            "MAIL FROM:<@a,@b:\"x y\"@[IPv6:2001:db8::1]> SIZE=1 ENVID=a+2Bb AUTH=+3D RET=FULL",
            "RCPT TO:<a.b@example.org> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;a+40b", "BDAT 10 LAST",
            "AUTH PLAIN AA==",
        ]
        for _ in 0..<5_000 {
            var line = Array(lines[random.below(lines.count)].utf8)
            for _ in 0..<(1 + random.below(4)) { random.mutate(&line) }
            _ = try? SMTPCommand(line: line[...])
        }
    }
}
