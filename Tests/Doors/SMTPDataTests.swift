import Admission
import Testing

@Suite struct SMTPDataTests {
    private let node: SMTPNode

    init() throws { node = try SMTPNode(MemoryIntake(suppressed: ["gone@x.example"])) }

    /// The reply to a message in a transaction of its own.
    private func send(_ message: String, to recipient: String = "j@x.example") async throws -> String {
        let client = try await node.login()
        try await client.open(to: recipient)
        try #require(await client.ask("DATA").hasPrefix("354"))
        return try await client.ask(message + ".")
    }

    @Test func `a message is queued under its id, with a trace of how it came`() async throws {
        let reply = try await send(goodMessage)
        let message = try #require(node.intake.kept.first)
        #expect(reply == "250 2.0.0 Ok: queued as \(message.id)\r\n")
        #expect(message.recipients == ["j@x.example"])
        #expect(message.envelopeSender == "a@one.example")
        #expect(message.text.contains("Received: by node.example with ESMTPSA\r\n"))
        #expect(message.text.hasSuffix("\r\n\r\nHello\r\n"))
        #expect(message.origin.door == "smtp")
    }

    @Test func `dots are unstuffed, and only a dot alone on its line ends the message`() async throws {
        #expect(try await send("From: a@one.example\r\n\r\n..\r\n...\r\n.. x\r\nx.\r\n").hasPrefix("250"))
        #expect(node.intake.kept.first?.text.hasSuffix("\r\n\r\n.\r\n..\r\n. x\r\nx.\r\n") == true)
    }

    @Test(arguments: ["\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r\n.\r", "\r.\r\n", "\n.\r", "\r\n\0.\r\n"])
    func `no other sequence ends a message, nor smuggles a second one`(end: String) async throws {
        let smuggled =
            "MAIL FROM:<a@one.example>\r\nRCPT TO:<k@x.example>\r\nDATA\r\n"
            + "From: a@one.example\r\n\r\nsmuggled\r\n"
        let client = try await node.login()
        try await client.open()
        _ = try await client.ask("DATA")
        try await client.send(goodMessage + "x" + end + smuggled + ".\r\n")
        let reply = try await client.reply()
        #expect(reply.hasPrefix("550 5.6.0"), "\(reply)")
        #expect(try await client.ask("NOOP") == "250 2.0.0 Ok\r\n")
        #expect(node.intake.kept.isEmpty)
    }

    @Test(arguments: [
        ("From: a@two.example\r\n\r\nx\r\n", "550 5.7.1"), ("Subject: x\r\n\r\nx\r\n", "550 5.6.0"),
        ("From: a@one.example\r\nFrom: a@one.example\r\n\r\nx\r\n", "550 5.6.0"),
        ("From : a@one.example\r\n\r\nx\r\n", "550 5.6.0"), ("", "550 5.6.0"),
    ])
    func `what Admission refuses has its own code`(message: String, code: String) async throws {
        let reply = try await send(message)
        #expect(reply.hasPrefix(code), "\(reply)")
        #expect(node.intake.kept.isEmpty)
    }

    @Test func `a suppressed recipient and a foreign envelope are refused`() async throws {
        #expect(try await send(goodMessage, to: "gone@x.example").hasPrefix("550 5.7.1"))
        let client = try await node.login()
        #expect(
            try await client.codes("MAIL FROM:<a@two.example>", "RCPT TO:<j@x.example>", "DATA") == [
                "250", "250", "354",
            ])
        #expect(try await client.ask(goodMessage + ".").hasPrefix("550 5.7.1"))
    }

    @Test(arguments: [
        (Refusal(.storageFull, "full"), "452 4.3.1"), (Refusal(.storageFailed, "x"), "451 4.3.0"),
        (Refusal(.rateLimited, "x"), "450 4.7.1"), (Refusal(.overloaded, "x"), "451 4.3.2"),
        (Refusal(.notConfigured, "x"), "451 4.3.5"), (Refusal(.messageTooLarge, "x"), "552 5.3.4"),
        (Refusal(.mailLoop, "x"), "554 5.4.6"), (Refusal(.quotaExceeded, "x"), "550 5.7.1"),
        (Refusal(.dailyQuotaExceeded, "x"), "450 4.7.1"),
    ])
    func `what may pass later is 4xx, the rest 5xx`(refusal: Refusal, code: String) async throws {
        node.intake.refuse(with: refusal)
        let reply = try await send(goodMessage)
        #expect(reply.hasPrefix(code), "\(reply)")
        #expect(reply.hasPrefix("4") == refusal.isTemporary)
    }

    @Test func `the null sender and UTF-8 addresses are taken`() async throws {
        let client = try await node.login()
        #expect(
            try await client.codes("MAIL FROM:<>", "RCPT TO:<j@x.example>", "DATA") == ["250", "250", "354"])
        #expect(try await client.ask(goodMessage + ".").hasPrefix("250"))
        #expect(node.intake.kept.first?.envelopeSender == "")
        #expect(
            try await client.codes(
                "MAIL FROM:<jö@one.example>", "MAIL FROM:<a@one.example>", "RCPT TO:<ü@x.example>", "RSET")
                == ["553", "250", "553", "250"])
        #expect(
            try await client.codes(
                "MAIL FROM:<jö@one.example> SMTPUTF8 BODY=8BITMIME", "RCPT TO:<ü@bücher.example>",
                "RCPT TO:<\"odd one\"@x.example>", "DATA") == ["250", "250", "250", "354"])
        #expect(try await client.ask("From: Jö <jö@one.example>\r\n\r\nü\r\n.").hasPrefix("250"))
        #expect(node.intake.kept.last?.envelopeSender == "jö@one.example")
        #expect(node.intake.kept.last?.recipients == ["ü@xn--bcher-kva.example", "\"odd one\"@x.example"])
    }

    @Test func `a size that is announced or sent beyond the limit is refused`() async throws {
        let node = try SMTPNode(MemoryIntake()) { $0.maxMessageBytes = 1000 }
        let client = try await node.login()
        #expect(
            try await client.codes(
                "MAIL FROM:<a@one.example> SIZE=1001", "MAIL FROM:<a@one.example> SIZE=1000",
                "RCPT TO:<j@x.example>", "DATA") == ["552", "250", "250", "354"])
        try await client.send(goodMessage + String(repeating: "x\r\n", count: 400) + ".\r\n")
        #expect(try await client.reply().hasPrefix("552 5.3.4"))
        #expect(try await client.ask("NOOP").hasPrefix("250"))
        #expect(node.intake.kept.isEmpty)
    }

    @Test func `a line longer than 998 bytes is refused`() async throws {
        #expect(try await send(goodMessage + String(repeating: "x", count: 998) + "\r\n").hasPrefix("250"))
        #expect(try await send(goodMessage + String(repeating: "x", count: 999) + "\r\n").hasPrefix("550"))
    }

    @Test func `many recipients are taken up to the limit`() async throws {
        let node = try SMTPNode(MemoryIntake()) { $0.maxRecipients = 2 }
        let client = try await node.login()
        #expect(
            try await client.codes(
                "MAIL FROM:<a@one.example>", "RCPT TO:<a@x.example>", "RCPT TO:<b@x.example>",
                "RCPT TO:<c@x.example>") == ["250", "250", "250", "452"])
    }

}

@Suite struct SMTPChunkTests {
    private let node: SMTPNode

    init() throws { node = try SMTPNode(MemoryIntake()) { $0.maxMessageBytes = 1000 } }

    @Test func `chunks are joined as they are, dots too`() async throws {
        let client = try await node.login()
        try await client.open()
        let first = "From: a@one.example\r\n\r\n.\r"
        try await client.send("BDAT \(first.utf8.count)\r\n\(first)BDAT 5 LAST\r\n\n..\r\nNOOP\r\n")
        #expect(try await client.codes(3) == ["250", "250", "250"])
        #expect(node.intake.kept.first?.text.hasSuffix("\r\n\r\n.\r\n..\r\n") == true)
    }

    @Test func `an empty last chunk ends the message`() async throws {
        let client = try await node.login()
        try await client.open()
        try await client.send("BDAT \(goodMessage.utf8.count)\r\n\(goodMessage)BDAT 0 LAST\r\n")
        #expect(try await client.codes(2) == ["250", "250"])
        #expect(node.intake.kept.count == 1)
    }

    @Test func `bad content and too much of it are refused at their chunk`() async throws {
        let client = try await node.login()
        try await client.open()
        try await client.send("BDAT 3 LAST\r\na\nb")
        #expect(try await client.reply().hasPrefix("550 5.6.0"))
        try await client.open()
        let chunk = "BDAT 600\r\n" + String(repeating: String(repeating: "x", count: 98) + "\r\n", count: 6)
        try await client.send(chunk + chunk + "NOOP\r\n")
        #expect(try await client.codes(3) == ["250", "552", "250"])
        #expect(node.intake.kept.isEmpty)
    }

    @Test func `a chunk larger than a message is read, refused and not kept, up to a bound`() async throws {
        let client = try await node.login()
        try await client.open()
        let lines = String(repeating: String(repeating: "x", count: 98) + "\r\n", count: 80)
        try await client.send("BDAT 8000\r\n\(lines)BDAT 0 LAST\r\nNOOP\r\n")
        #expect(try await client.codes(3) == ["552", "503", "250"])
        try await client.open()
        #expect(try await client.ask("BDAT 8001 LAST").hasPrefix("552"))
        #expect(try await client.reply() == "")
        let stranger = try await node.connect()
        #expect(try await stranger.ask("BDAT 9000000000000000000").hasPrefix("5"))
        #expect(try await stranger.reply() == "")
    }

    @Test(arguments: ["BDAT", "BDAT x", "BDAT -1", "BDAT 1 2", "BDAT 99999999999999999999"])
    func `behind a chunk of unknown size nothing is taken for a command`(line: String) async throws {
        let client = try await node.login()
        try await client.open()
        try await client.send(line + "\r\nNOOP\r\n")
        #expect(try await client.reply().hasPrefix("5"))
        #expect(try await client.reply() == "")
    }

    @Test func `a message of many small chunks costs no more than one of few`() async throws {
        let node = try SMTPNode(MemoryIntake()) { $0.maxMessageBytes = 30 << 20 }
        let client = try await node.login()
        try await client.open()
        let line = String(repeating: "x", count: 998) + "\r\n"
        let text = goodMessage + String(repeating: line, count: 20_000)
        try await client.send("BDAT \(text.utf8.count)\r\n\(text)")
        #expect(try await client.reply().hasPrefix("250"))
        try await client.send(String(repeating: "BDAT 1\r\nx", count: 900) + "BDAT 2 LAST\r\n\r\n")
        let codes = try await client.codes(901)
        #expect(codes.allSatisfy { $0 == "250" })
        #expect(node.intake.kept.count == 1)
    }

    @Test func `empty chunks do not keep a session alive`() async throws {
        let node = try SMTPNode(MemoryIntake()) { $0.maxIdleCommands = 7 }
        // Two EHLO are counted before.
        let client = try await node.login()
        try await client.open()
        try await client.send(String(repeating: "BDAT 0\r\n", count: 6))
        #expect(try await client.codes(7) == ["250", "250", "250", "250", "250", "250", "421"])
        #expect(try await client.reply() == "")
    }
}
