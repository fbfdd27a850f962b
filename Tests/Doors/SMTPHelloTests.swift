import EventLoop
import NodeProtocol
import Testing

@Suite struct SMTPHelloTests {
    private let node: SMTPNode

    init() throws { node = try SMTPNode(MemoryIntake()) }

    private func keywords(_ reply: String) -> Set<Substring> {
        Set(reply.split(separator: "\r\n").dropFirst().map { $0.dropFirst(4) })
    }

    @Test func `before TLS the server offers STARTTLS and no AUTH`() async throws {
        let client = try await node.connect()
        let offered = keywords(try await client.ask("EHLO client.example"))
        let expected: Set<Substring> = [
            "PIPELINING", "SIZE 26214400", "8BITMIME", "SMTPUTF8", "CHUNKING", "DSN", "ENHANCEDSTATUSCODES",
            "STARTTLS",
        ]
        #expect(offered.isSuperset(of: expected))
        #expect(!offered.contains { $0.hasPrefix("AUTH") || $0 == "REQUIRETLS" })
    }

    @Test func `under TLS it offers AUTH and no STARTTLS`() async throws {
        let client = try await node.connect()
        try await client.secure()
        let offered = keywords(try await client.ask("EHLO client.example"))
        #expect(offered.contains("AUTH PLAIN LOGIN"))
        #expect(offered.contains("REQUIRETLS"))
        #expect(!offered.contains("STARTTLS"))
        #expect(try await client.ask("STARTTLS").hasPrefix("503 "))
    }

    @Test func `HELO offers nothing, and VRFY, HELP, NOOP and unknown verbs have their answers`() async throws
    {
        let client = try await node.connect()
        #expect(try await client.ask("HELO client.example") == "250 node.example\r\n")
        #expect(
            try await client.codes("NOOP", "VRFY j", "EXPN l", "HELP", "WHAT", "QUIT") == [
                "250", "252", "502", "214", "500", "221",
            ])
        #expect(try await client.reply() == "")
    }

    @Test func `commands are taken in any case`() async throws {
        let client = try await node.connect()
        #expect(
            try await client.codes("ehlo client.example", "nOOp", "rset", "quit") == [
                "250", "250", "250", "221",
            ])
    }

    @Test(arguments: [
        "EHLO", "EHLO a b", "MAIL", "MAIL FROM", "MAIL FROM:", "MAIL FROM:a b",
        "MAIL FROM:<a@one.example> SIZE=x",
        "MAIL FROM:<a@one.example> FOO=1", "RCPT TO:<>", "RCPT TO:<a@>", "DATA now", "AUTH", "MAIL FROM:<@>",
        "MAIL FROM:<a@one.example", "",
    ])
    func `malformed commands are refused and the session goes on`(line: String) async throws {
        let client = try await node.login()
        let reply = try await client.ask(line)
        #expect(reply.hasPrefix("5"), "\(reply)")
        #expect(try await client.ask("NOOP").hasPrefix("250"))
    }

    @Test func `a trusted network sends without AUTH, others do not`() async throws {
        let tenant = try #require(TenantID(text: MemoryIntake.one))
        let node = try SMTPNode(MemoryIntake()) { configuration in
            configuration.trustedNetworks = [.init("127.0.0.0/8")].compactMap(\.self)
            configuration.trustedTenant = tenant
        }
        let client = try await node.connect()
        #expect(try await client.ask("EHLO client.example").hasPrefix("250"))
        try await client.open()
        #expect(try await client.ask("DATA").hasPrefix("354"))
        #expect(try await client.ask(goodMessage + ".").hasPrefix("250 2.0.0 Ok: queued as "))
        #expect(node.intake.kept.first?.origin.kind == .network)
        #expect(node.intake.kept.first?.text.contains(" with ESMTP\r\n") == true)

        let elsewhere = try SMTPNode(MemoryIntake()) { configuration in
            configuration.trustedNetworks = [.init("10.0.0.0/8")].compactMap(\.self)
            configuration.trustedTenant = tenant
        }
        let stranger = try await elsewhere.connect()
        #expect(
            try await stranger.codes("EHLO client.example", "MAIL FROM:<a@one.example>") == ["250", "530"])
    }
}
