import Admission
import NodeProtocol
import SMTPWire
import Testing

/// What a client asks for with the envelope: delivery reports and TLS.
@Suite struct SMTPEnvelopeTests {
    private let node: SMTPNode

    init() throws { node = try SMTPNode(MemoryIntake(suppressed: ["gone@x.example"])) }

    private func send(_ lines: [String], _ message: String = goodMessage) async throws -> Admitted {
        let client = try await node.login()
        for line in lines { try #require(await client.ask(line).hasPrefix("250"), "\(line)") }
        try #require(await client.ask("DATA").hasPrefix("354"))
        try #require(await client.ask(message + ".").hasPrefix("250"))
        return try #require(node.intake.kept.last)
    }

    @Test func `reports that are asked for go with each recipient, in its place`() async throws {
        let message = try await send([
            "MAIL FROM:<a@one.example> RET=HDRS ENVID=job+2B7", "RCPT TO:<gone@x.example> NOTIFY=NEVER",
            "RCPT TO:<j@x.example> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;old@y.example",
            "RCPT TO:<j@x.example> NOTIFY=DELAY", "RCPT TO:<k@x.example> NOTIFY=NEVER",
            "RCPT TO:<l@x.example>",
        ])
        let request = try #require(message.request)
        #expect(message.recipients == ["j@x.example", "k@x.example", "l@x.example"])
        #expect(request.envelopeID == "job+7")
        #expect(request.returnedContent == .headers)
        #expect(request.recipients.map(\.notify) == [[.success, .failure], [], nil])
        #expect(
            request.recipients.first?.originalRecipient
                == OriginalRecipient(type: "rfc822", address: "old@y.example"))
    }

    @Test func `who asks for nothing has nothing kept`() async throws {
        let message = try await send(["MAIL FROM:<a@one.example> SIZE=100", "RCPT TO:<j@x.example>"])
        #expect(message.request == nil)
    }

    @Test(arguments: [
        "RCPT TO:<j@x.example> NOTIFY=NEVER,DELAY", "RCPT TO:<j@x.example> NOTIFY=",
        "RCPT TO:<j@x.example> NOTIFY=SOMETIMES", "RCPT TO:<j@x.example> NOTIFY=DELAY NOTIFY=DELAY",
        "RCPT TO:<j@x.example> ORCPT=rfc822;a=b", "RCPT TO:<j@x.example> ORCPT=x ORCPT=y",
        "RCPT TO:<j@x.example> ORCPT=;a@b", "RCPT TO:<j@x.example> ORCPT=rfc822;a+0Db",
    ])
    func `malformed wishes are refused and leave the recipient out`(line: String) async throws {
        let client = try await node.login()
        _ = try await client.ask("MAIL FROM:<a@one.example>")
        let reply = try await client.ask(line)
        #expect(reply.hasPrefix("501 5.5.4"), "\(reply)")
        #expect(try await client.ask("DATA").hasPrefix("554"))
        for mail in ["RET=ALL", "RET=FULL RET=FULL", "ENVID=a+", "ENVID=a=b", "ENVID=+0A"] {
            _ = try await client.ask("RSET")
            let reply = try await client.ask("MAIL FROM:<a@one.example> \(mail)")
            #expect(reply.hasPrefix("501 5.5.4"), "\(mail): \(reply)")
        }
    }

    @Test func `TLS for the whole way is promised under TLS alone`() async throws {
        let message = try await send(
            ["MAIL FROM:<a@one.example> REQUIRETLS", "RCPT TO:<j@x.example>"],
            "TLS-Required: No\r\n" + goodMessage)
        #expect(message.request?.requiresTLS == true)
        #expect(message.request?.ignoresTLSPolicy == false)
        let tenant = try #require(TenantID(text: MemoryIntake.one))
        let trusting = try SMTPNode(MemoryIntake()) { configuration in
            configuration.trustedNetworks = [.init("127.0.0.0/8")].compactMap(\.self)
            configuration.trustedTenant = tenant
        }
        let plain = try await trusting.connect()
        _ = try await plain.ask("EHLO client.example")
        #expect(try await plain.ask("MAIL FROM:<a@one.example> REQUIRETLS").hasPrefix("530 5.7.10"))
    }

    @Test func `the header that puts delivery before the domain's TLS policy is read`() async throws {
        let lines = ["MAIL FROM:<a@one.example>", "RCPT TO:<j@x.example>"]
        #expect(try await send(lines, "TLS-Required: No\r\n" + goodMessage).request?.ignoresTLSPolicy == true)
        #expect(try await send(lines, "TLS-Required: Yes\r\n" + goodMessage).request == nil)
    }
}
