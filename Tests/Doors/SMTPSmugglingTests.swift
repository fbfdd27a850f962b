import Testing

/// Every published way of making one message two, at a real socket. What a server could do to our client is
/// tried with the delivery.
@Suite struct SMTPSmugglingTests {
    private let smuggled =
        "MAIL FROM:<a@one.example>\r\nRCPT TO:<k@x.example>\r\nDATA\r\n"
        + "From: a@one.example\r\nSubject: smuggled\r\n\r\nsmuggled\r\n.\r\n"

    @Test func `no fake end ends a message, by DATA or by BDAT, and nothing of it is kept`() async throws {
        guard let corpus = try SmugglingCorpus.load() else { return }
        var cases = 0
        for (name, end) in corpus.fakeEnds {
            let node = try SMTPNode(MemoryIntake())
            let client = try await node.login()
            try await client.open()
            _ = try await client.ask("DATA")
            try await client.send(goodMessage + "x" + end + smuggled)
            let reply = try await client.reply()
            #expect(reply.hasPrefix("550 5.6.0"), "\(name): \(reply)")
            #expect(try await client.ask("NOOP").hasPrefix("250"), "\(name)")
            try await client.open()
            let chunk = goodMessage + "x" + end + smuggled
            try await client.send("BDAT \(chunk.utf8.count) LAST\r\n\(chunk)")
            let answer = try await client.reply()
            #expect(answer.hasPrefix("550 5.6.0"), "\(name) by BDAT: \(answer)")
            #expect(try await client.ask("NOOP").hasPrefix("250"), "\(name)")
            #expect(node.intake.kept.isEmpty, "\(name)")
            cases += 1
        }
        #expect(cases == 12)
    }

    @Test
    func `a second transaction behind the end in one packet is a second message, and no part of the first`()
        async throws
    {
        guard try SmugglingCorpus.load() != nil else { return }
        let node = try SMTPNode(MemoryIntake())
        let client = try await node.login()
        try await client.open()
        _ = try await client.ask("DATA")
        // DATA in it is answered before its message may come: the session ends instead.
        try await client.send(goodMessage + ".\r\n" + smuggled)
        #expect(try await client.codes(4) == ["250", "250", "250", "554"])
        #expect(try await client.reply() == "")
        #expect(node.intake.kept.count == 1)
        #expect(node.intake.kept.first?.text.contains("smuggled") == false)
    }

    @Test(arguments: [
        ["MAIL FROM:<a@one.example>", "RCPT TO:<\u{fc}@x.example>"],
        ["MAIL FROM:<a@one.example> SIZE=99999999", "RCPT TO:<j@x.example>"], ["NONSENSE"],
        ["MAIL FROM:<a@one.example>", "RCPT TO:<j@x.example>", "BDAT 0"],
    ])
    func `a message that comes with a DATA that is refused is never read as commands`(before: [String])
        async throws
    {
        let node = try SMTPNode(MemoryIntake())
        let client = try await node.login()
        for line in before { _ = try await client.ask(line) }
        try await client.send("DATA\r\n" + smuggled)
        #expect(try await client.reply().hasPrefix("554 5.5.0"))
        #expect(try await client.reply() == "")
        #expect(node.intake.kept.isEmpty)
    }

    @Test func `what is injected behind STARTTLS is never answered under TLS`() async throws {
        guard let corpus = try SmugglingCorpus.load() else { return }
        let node = try SMTPNode(MemoryIntake())
        var cases = 0
        for injection in corpus.starttls_injection {
            guard let plain = injection.pre_tls else { continue }
            let client = try await node.connect()
            _ = try await client.ask("EHLO client.example")
            try await client.send(plain)
            #expect(try await client.reply().hasPrefix("554"), "\(injection.name)")
            #expect(try await client.reply() == "", "\(injection.name)")
            cases += 1
        }
        #expect(cases == 2)
    }
}
