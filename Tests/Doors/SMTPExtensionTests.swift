import TestSupport
import Testing

/// What the extensions of RFC 1870, 3030, 3461, 6152, 6531, 6533 and 8689 let a client say, as sessions.
@Suite struct SMTPExtensionTests {
    struct Session: Sendable, CustomTestStringConvertible {
        let rule: String
        /// What is said, and how the answer begins.
        let steps: [(say: String, answer: String)]
        var keeps = 0
        var testDescription: String { rule }

        init(_ rule: String, _ steps: [(say: String, answer: String)], keeps: Int = 0) {
            self.rule = rule
            self.steps = steps
            self.keeps = keeps
        }
    }

    private static let mail = (say: "MAIL FROM:<a@one.example>", answer: "250")
    private static let rcpt = (say: "RCPT TO:<j@x.example>", answer: "250")
    private static let rset = (say: "RSET", answer: "250")

    private static func mail(_ parameters: String, _ answer: String) -> (say: String, answer: String) {
        ("MAIL FROM:<a@one.example> \(parameters)", answer)
    }

    private static func rcpt(_ parameters: String, _ answer: String) -> (say: String, answer: String) {
        ("RCPT TO:<j@x.example> \(parameters)", answer)
    }

    /// A message of exactly so many bytes, its last line end counted.
    private static func message(_ count: Int) -> String {
        var text = goodMessage
        while count - text.utf8.count > 100 { text += String(repeating: "x", count: 98) + "\r\n" }
        return text + String(repeating: "x", count: count - text.utf8.count - 2) + "\r\n"
    }

    private static func chunk(_ text: String, last: Bool = false) -> String {
        "BDAT \(text.utf8.count)\(last ? " LAST" : "")\r\n\(text)"
    }

    static let size: [Session] = [
        Session("RFC 1870 §6.1: the limit itself may be announced", [mail("SIZE=2000", "250")]),
        Session("and not one byte more", [mail("SIZE=2001", "552 5.3.4")]),
        Session("nor a number beyond all", [mail("SIZE=99999999999999999999", "552 5.3.4")]),
        Session("0 is a size", [mail("SIZE=0", "250")]),
        Session(
            "what is no number is none",
            [mail("SIZE=", "501"), mail("SIZE=-1", "501"), mail("SIZE=1k", "501"), mail("SIZE", "501")]),
        Session(
            "a message of exactly the limit is taken",
            [mail, rcpt, ("DATA", "354"), (message(2000) + ".", "250 2.0.0")], keeps: 1),
        Session(
            "dots that were stuffed are not counted",
            [
                mail, rcpt, ("DATA", "354"),
                (goodMessage + "..\r\n" + message(1997).dropFirst(goodMessage.count) + ".", "250"),
            ], keeps: 1),
        Session(
            "and not one byte more", [mail, rcpt, ("DATA", "354"), (message(2001) + ".", "552 5.3.4")]),
        Session(
            "by chunks as well",
            [mail, rcpt, (chunk(message(2000), last: true), "250 2.0.0")], keeps: 1),
        Session("and not one byte more", [mail, rcpt, (chunk(message(2001), last: true), "552 5.3.4")]),
        Session(
            "an announcement is no promise",
            [mail("SIZE=1", "250"), rcpt, ("DATA", "354"), (goodMessage + ".", "250")], keeps: 1),
    ]

    static let chunking: [Session] = [
        Session(
            "RFC 3030 §2: BDAT 0 LAST ends a message",
            [mail, rcpt, (chunk(goodMessage), "250"), ("BDAT 0 LAST\r\n", "250 2.0.0 Ok: queued")], keeps: 1),
        Session("a message of nothing has no From", [mail, rcpt, ("BDAT 0 LAST\r\n", "550 5.6.0")]),
        Session(
            "RSET between chunks drops them",
            [
                mail, rcpt, (chunk("From: a@one.example\r\n"), "250"), rset, mail, rcpt,
                (chunk(goodMessage, last: true), "250 2.0.0"),
            ], keeps: 1),
        Session(
            "and so does EHLO",
            [
                mail, rcpt, (chunk("x"), "250"), ("EHLO c.example", "250"), mail, rcpt, ("DATA", "354"),
                (goodMessage + ".", "250"),
            ], keeps: 1),
        Session(
            "a refused chunk is swallowed, and the ones behind it",
            [
                mail, rcpt, (chunk("a\nb\r\nQUIT\r\n"), "550 5.6.0"), (chunk("QUIT\r\n"), "503 5.5.1"),
                (chunk("RSET\r\n", last: true), "503 5.5.1"), rset, mail,
            ]),
        Session(
            "one for a refused recipient too",
            [
                mail, ("RCPT TO:<>", "501"), (chunk("QUIT\r\n"), "554 5.5.1"),
                (chunk("QUIT\r\n", last: true), "554"), mail,
            ]),
        Session(
            "a message that Admission refuses ends its transaction",
            [mail, rcpt, (chunk("From: x@two.example\r\n\r\nx\r\n", last: true), "550 5.7.1"), mail]),
        Session(
            "a CR at the end of one chunk and LF at the beginning of the next are a line end",
            [
                mail, rcpt, (chunk("From: a@one.example\r"), "250"), (chunk("\n\r"), "250"),
                (chunk("\nHello\r\n", last: true), "250"),
            ], keeps: 1),
        Session(
            "a CR at the very end is none",
            [mail, rcpt, (chunk("From: a@one.example\r\n\r\nx\r", last: true), "550 5.6.0")]),
        Session(
            "RFC 3030 §3: binary bodies are not offered",
            [mail("BODY=BINARYMIME", "555 5.5.4"), mail("BODY=8BITMIME", "250")]),
        Session("NUL is refused in a chunk", [mail, rcpt, (chunk("a\0b\r\n", last: true), "550 5.6.0")]),
    ]

    static let bodies: [Session] = [
        Session(
            "RFC 6152: both bodies", [mail("BODY=7BIT", "250"), rset, mail("body=8bitmime", "250")]),
        Session(
            "and no others", [mail("BODY=9BIT", "555"), mail("BODY", "501"), mail("BODY=", "501")]),
        Session(
            "8-bit text is taken without it",
            [mail, rcpt, ("DATA", "354"), ("From: a@one.example\r\n\r\nü\r\n.", "250")], keeps: 1),
    ]

    static let utf8: [Session] = [
        Session(
            "RFC 6531 §3.4: addresses in UTF-8 need the keyword, domains too",
            [
                ("MAIL FROM:<ü@one.example>", "553 5.6.7"), ("MAIL FROM:<a@öne.example>", "553 5.6.7"), mail,
                ("RCPT TO:<ü@x.example>", "553 5.6.7"), ("RCPT TO:<j@bücher.example>", "553 5.6.7"),
            ]),
        Session(
            "with it they are taken",
            [
                mail("SMTPUTF8", "250"), ("RCPT TO:<ü@x.example>", "250"),
                ("RCPT TO:<j@bücher.example>", "250"),
            ]),
        Session("it has no value", [mail("SMTPUTF8=1", "501")]),
        Session(
            "it does not make what is no UTF-8 into an address",
            [("MAIL FROM:<\u{7F}@one.example> SMTPUTF8", "501")]),
        Session(
            "a header in UTF-8 is taken without it, because HTTP has no such word and clients forget it",
            [
                mail, rcpt, ("DATA", "354"),
                ("From: a@one.example\r\nSubject: ü\r\n\r\nx\r\n.", "250"),
            ], keeps: 1),
    ]

    static let reports: [Session] = [
        Session(
            "RFC 3461 §4.4: ENVID of 100 bytes, as they are encoded",
            [
                mail("ENVID=\(String(repeating: "x", count: 100))", "250"), rset,
                mail("ENVID=\(String(repeating: "x", count: 101))", "501 5.5.4"),
                mail("ENVID=\(String(repeating: "+41", count: 34))", "501 5.5.4"),
                mail("ENVID=", "501"), mail("ENVID=ü", "501"), mail("ENVID=a+2", "501"),
                mail("ENVID=a+20b", "250"), rset, mail("ENVID=a+2Bb", "250"),
            ]),
        Session(
            "RFC 3461 §4.3: RET is FULL or HDRS",
            [
                mail("RET=FULL", "250"), rset, mail("ret=hdrs", "250"), rset, mail("RET=", "501"),
                mail("RET=X", "501"),
            ]),
        Session(
            "RFC 3461 §4.2: ORCPT is xtext of 500 bytes",
            [
                mail, rcpt("ORCPT=rfc822;\(String(repeating: "x", count: 493))", "250"),
                rcpt("ORCPT=rfc822;\(String(repeating: "x", count: 494))", "501"),
                rcpt("ORCPT=rfc822;a+2Bb@x.example", "250"), rcpt("ORCPT=rfc822", "501"),
                rcpt("ORCPT=rfc822;", "501"), rcpt("ORCPT=rfc822;ü@x.example", "501"),
                rcpt("ORCPT=rfc822;a+0Ab", "501"), rcpt("ORCPT=x.400;C=us+3B", "501"),
            ]),
        Session(
            "RFC 6533 §3: the type utf-8 has all three forms",
            [
                mail("SMTPUTF8", "250"), rcpt("ORCPT=utf-8;j\\x{FC}@x.example", "250"),
                rcpt("ORCPT=utf-8;jü@x.example", "250"), rcpt("ORCPT=utf-8;j@x.example", "250"),
                rcpt("ORCPT=utf-8;j\\x{D800}@x.example", "501"), rcpt("ORCPT=utf-8;j\\x{A}@x.example", "501"),
                rcpt("ORCPT=utf-8;j\\x{FC@x.example", "501"),
            ]),
        Session(
            "RFC 3461 §4.1: NEVER stands alone, nothing twice",
            [
                mail, rcpt("NOTIFY=NEVER", "250"), rcpt("NOTIFY=success,Delay,FAILURE", "250"),
                rcpt("NOTIFY=NEVER,SUCCESS", "501"), rcpt("NOTIFY=DELAY,DELAY", "501"),
                rcpt("NOTIFY=", "501"), rcpt("NOTIFY=,DELAY", "501"), rcpt("NOTIFY=ALWAYS", "501"),
            ]),
        Session(
            "parameters of the one are none of the other, and unknown ones are refused",
            [
                mail("NOTIFY=NEVER", "555"), mail("X-FOO=1", "555 5.5.4"), mail("=1", "501"), mail,
                rcpt("RET=FULL", "555"), rcpt("SIZE=1", "555"), rcpt("BY=1;R", "555"),
            ]),
        Session(
            "RFC 4954 §5: AUTH is an address in xtext or <>",
            [mail("AUTH=<>", "250"), rset, mail("AUTH=a+40one.example", "250"), rset, mail("AUTH=", "501")]),
        Session(
            "RFC 8689 §4.1: REQUIRETLS has no value",
            [mail("REQUIRETLS=1", "501"), mail("REQUIRETLS", "250")]),
    ]

    @Test(arguments: size + chunking + bodies + utf8 + reports)
    func `an extension is spoken as its RFC has it`(session: Session) async throws {
        let node = try SMTPNode(MemoryIntake()) { $0.maxMessageBytes = 2000 }
        let client = try await node.login()
        for (text, answer) in session.steps {
            // A chunk carries its own end.
            try await client.send(text.hasPrefix("BDAT") ? text : text + "\r\n")
            let reply = try await client.reply()
            #expect(reply.hasPrefix(answer), "\(text.prefix(60)): \(reply)")
        }
        #expect(node.intake.kept.count == session.keeps)
        #expect(try await client.ask("NOOP").hasPrefix("250"))
    }
}
