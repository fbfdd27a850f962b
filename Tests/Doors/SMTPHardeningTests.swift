import Testing

@Suite struct SMTPHardeningTests {
    private let node: SMTPNode

    init() throws { node = try SMTPNode(MemoryIntake()) { $0.maxErrors = 5 } }

    @Test func `who talks before the banner is turned away`() async throws {
        let node = try SMTPNode(MemoryIntake(), isStarted: false)
        let client = try await node.dial()
        try await client.send("GET / HTTP/1.1\r\n\r\n")
        try node.start()
        #expect(try await client.reply().hasPrefix("554 5.5.0"))
        #expect(try await client.reply() == "")
    }

    @Test func `what is buffered behind STARTTLS ends the session`() async throws {
        let client = try await node.connect()
        _ = try await client.ask("EHLO client.example")
        try await client.send("STARTTLS\r\nMAIL FROM:<a@one.example>\r\n")
        #expect(try await client.reply().hasPrefix("554"))
        #expect(try await client.reply() == "")
    }

    @Test func `what is buffered behind DATA ends the session`() async throws {
        let client = try await node.login()
        try await client.open()
        try await client.send("DATA\r\n" + goodMessage + ".\r\n")
        #expect(try await client.reply().hasPrefix("554"))
        #expect(try await client.reply() == "")
        #expect(node.intake.kept.isEmpty)
    }

    @Test(arguments: ["NOOP\n", "NO\rOP\r\n", "NO\0OP\r\n", "NOOP\r\r\n"])
    func `only CRLF ends a line; anything else ends the session`(line: String) async throws {
        let client = try await node.connect()
        try await client.send(line)
        #expect(try await client.reply().hasPrefix("550 5.6.0"))
        #expect(try await client.reply() == "")
    }

    @Test func `a command of 600 characters is refused, one of 3000 ends the session`() async throws {
        let client = try await node.connect()
        #expect(try await client.ask("NOOP " + String(repeating: "x", count: 600)).hasPrefix("500 5.5.2"))
        #expect(try await client.ask("NOOP").hasPrefix("250"))
        try await client.send(String(repeating: "x", count: 3000))
        #expect(try await client.reply().hasPrefix("500 5.5.2"))
        #expect(try await client.reply() == "")
    }

    @Test func `pipelined commands are answered in order`() async throws {
        let client = try await node.login()
        try await client.send(
            "NOOP\r\nMAIL FROM:<a@one.example>\r\nRCPT TO:<>\r\nRCPT TO:<j@x.example>\r\nVRFY j\r\nDATA\r\n")
        #expect(try await client.codes(6) == ["250", "250", "501", "250", "252", "354"])
        try await client.send(goodMessage + ".\r\nRSET\r\nQUIT\r\n")
        #expect(try await client.codes(3) == ["250", "250", "221"])
        #expect(node.intake.kept.count == 1)
    }

    @Test func `a command that comes byte by byte is one command`() async throws {
        let client = try await node.connect()
        for character in "EHLO client.example\r" { try await client.send(String(character)) }
        try await client.send("\n")
        #expect(try await client.reply().hasPrefix("250"))
    }

    @Test func `too many mistakes end the session`() async throws {
        let client = try await node.connect()
        #expect(try await client.codes("X", "X", "X", "X", "X") == ["500", "500", "500", "500", "500"])
        #expect(try await client.reply().hasPrefix("421 4.7.0"))
        #expect(try await client.reply() == "")
    }

    @Test func `a client that goes away in the middle leaves nothing`() async throws {
        let client = try await node.login()
        try await client.open()
        _ = try await client.ask("DATA")
        try await client.send(goodMessage)
        let stream = client.stream
        try await client.loop.run { stream.close() }
        let next = try await node.connect()
        #expect(try await next.ask("NOOP").hasPrefix("250"))
        #expect(node.intake.kept.isEmpty)
    }
}

@Suite struct SMTPStopTests {
    @Test func `an idle session is told and closed`() async throws {
        let node = try SMTPNode(MemoryIntake())
        let client = try await node.connect()
        async let stopped: Void = node.server.stop(within: .seconds(20))
        #expect(try await client.reply().hasPrefix("421 4.3.2"))
        #expect(try await client.reply() == "")
        await stopped
    }

    @Test func `a session finishes its transaction and is then told`() async throws {
        let node = try SMTPNode(MemoryIntake())
        let idle = try await node.connect()
        let client = try await node.login()
        try await client.open()
        async let stopped: Void = node.server.stop(within: .seconds(20))
        #expect(try await idle.reply().hasPrefix("421"))
        #expect(try await client.ask("DATA").hasPrefix("354"))
        #expect(try await client.ask(goodMessage + ".").hasPrefix("250"))
        #expect(try await client.reply().hasPrefix("421 4.3.2"))
        #expect(try await client.reply() == "")
        await stopped
        #expect(node.intake.kept.count == 1)
    }

    @Test func `what is left at the deadline is closed`() async throws {
        let node = try SMTPNode(MemoryIntake())
        let client = try await node.login()
        try await client.open()
        await node.server.stop(within: .milliseconds(50))
        #expect(try await client.reply() == "")
    }
}
