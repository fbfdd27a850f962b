import Crypto
import EventLoop
import SMTPWire
import TestSupport
import Testing

/// Bad SMTP at a live node, and the good one beside it.
@Suite struct RefusedSMTPTests {
    private struct Setup {
        let sink: MailSink
        let node: LoneNode
        let process: NodeProcess
        let certificate: TestCertificate
        let folder: TemporaryDirectory
        let smtp: SocketAddress

        init() async throws {
            sink = try MailSink()
            folder = try TemporaryDirectory()
            certificate = try TestCertificate(in: folder)
            node = try await LoneNode(["DISPATCH_ROUTES": sink.route].merging(certificate.settings) { $1 })
            process = try await node.start()
            smtp = try process.address(of: "smtp")
        }

        /// A client under TLS that has logged in.
        func client() async throws -> SMTPClient {
            let client = try await SMTPClient.greeted(by: smtp)
            try await client.startTLS(certificate.clientContext(), serverName: "node.test")
            let reply = try await client.authenticate(
                username: node.fixture.username, password: node.fixture.password)
            guard reply?.code == 235 else { throw TestSupportError("login: \(String(describing: reply))") }
            return client
        }
    }

    @Test func `the rest of a refused group and malformed commands are refused and the session goes on`()
        async throws
    {
        let setup = try await Setup()
        try await TestLoops.run {
            let client = try await SMTPClient(connectingTo: setup.smtp)
            try await client.demand(220)
            let dialogue = [
                ("EHLO client.test", 250), ("AUTH PLAIN AGEAYg==", 538), ("MAIL FROM:<a@example.com>", 530),
                ("RCPT TO:<b@example.net>", 503), ("DATA", 503), ("BDAT 0 LAST", 503), ("MAIL FROM:a b", 501),
                ("NONSENSE", 500), ("NOOP \(String(repeating: "x", count: 600))", 500), ("NOOP", 250),
            ]
            for (line, code) in dialogue {
                let reply = try #require(try await client.say(line))
                #expect(reply.code == code, "\(line.prefix(40)): \(reply)")
            }
            try await client.say("QUIT", demand: 221)
            for line in ["DATA", "MAIL FROM:<a@example.com>", "STARTTLS", "BDAT 0 LAST"] {
                let lost = try await SMTPClient(connectingTo: setup.smtp)
                try await lost.demand(220)
                try await lost.say(line, demand: 503)
                #expect(try await lost.isEnded(), "\(line)")
            }
        }
    }

    @Test func `what would let one message become two ends the session or is refused`() async throws {
        let setup = try await Setup()
        try await TestLoops.run {
            // Before the banner.
            let eager = try await SMTPClient.raw(setup.smtp, "EHLO early\r\n")
            let first = try await eager.reply()
            #expect(first == nil || first?.code == 554)
            // Behind STARTTLS in one packet.
            let injected = try await SMTPClient.greeted(by: setup.smtp)
            try await injected.write("STARTTLS\r\nRSET\r\n")
            #expect(try await injected.reply()?.code == 554)
            #expect(try await injected.isEnded())
            // A bare line feed ends no command, and no line of a message.
            let bare = try await SMTPClient.greeted(by: setup.smtp)
            try await bare.write("NOOP\nNOOP\r\n")
            #expect(try await bare.reply()?.code == 550)
            #expect(try await bare.isEnded())

            for end in ["\n.\n", "\r\n.\n", "\n.\r\n", "\r.\r", "\r\n.\r", "\r.\r\n", "\n\n.\r\n"] {
                let client = try await setup.client()
                for line in ["MAIL FROM:<a@example.com>", "RCPT TO:<b@example.net>"] {
                    try await client.say(line, demand: 250)
                }
                try await client.say("DATA", demand: 354)
                try await client.write(
                    "From: a@example.com\r\nSubject: outer\r\n\r\nx\(end)MAIL FROM:<a@example.com>\r\n"
                        + "RCPT TO:<c@example.net>\r\n"
                        + "DATA\r\nFrom: a@example.com\r\nSubject: smuggled\r\n\r\nx\r\n.\r\n")
                let reply = try #require(try await client.reply())
                #expect(reply.code == 550, "\(Array(end.utf8)): \(reply)")
                try await client.say("NOOP", demand: 250)
                client.close()
            }
            // Pipelined behind DATA.
            let hasty = try await setup.client()
            for line in ["MAIL FROM:<a@example.com>", "RCPT TO:<b@example.net>"] {
                try await hasty.say(line, demand: 250)
            }
            try await hasty.write("DATA\r\nSubject: early\r\n\r\nx\r\n.\r\n")
            #expect(try await hasty.reply()?.code == 554)
            #expect(try await hasty.isEnded())
        }
        #expect(try await setup.process.health()["queued"].integer == 0)
        #expect(setup.sink.deliveryCount == 0)
    }

    @Test func `only the tenant's own domain may stand in the envelope and in From and Sender`() async throws
    {
        let setup = try await Setup()
        try await TestLoops.run {
            let client = try await setup.client()
            let cases =
                [
                    (envelope: "a@example.org", from: "a@example.com", sender: nil),
                    (envelope: "a@example.com", from: "a@example.org", sender: nil),
                    (envelope: "a@example.com", from: "a@example.com", sender: "a@example.org"),
                    (envelope: "a@example.com", from: "a@example.com, b@example.org", sender: nil),
                ] as [(envelope: String, from: String, sender: String?)]
            for one in cases {
                let message =
                    "From: \(one.from)\r\n" + (one.sender.map { "Sender: \($0)\r\n" } ?? "")
                    + "To: b@example.net\r\nSubject: forged\r\n\r\nHello.\r\n"
                let reply = try await client.send(message, from: one.envelope, to: ["b@example.net"])
                #expect(reply?.isPermanent == true, "\(one): \(String(describing: reply))")
                try await client.say("RSET", demand: 250)
            }
            let good = "From: a@example.com\r\nTo: b@example.net\r\nSubject: genuine\r\n\r\nHello.\r\n"
            let reply = try #require(
                try await client.send(good, from: "a@example.com", to: ["b@example.net"]))
            #expect(reply.code == 250 && reply.text.contains("queued as"), "\(reply)")
        }
        _ = try await setup.sink.wait(forSubject: "genuine")
        #expect(setup.sink.deliveryCount == 1)
    }

    @Test func `wrong passwords are refused later and later and end the session`() async throws {
        let setup = try await Setup()
        try await TestLoops.run {
            let client = try await SMTPClient.greeted(by: setup.smtp)
            try await client.startTLS(setup.certificate.clientContext(), serverName: "node.test")
            for _ in 1...3 {
                let reply = try await client.authenticate(
                    username: setup.node.fixture.username, password: "dp_sk_wrong")
                #expect(reply?.code == 535)
            }
            let reply = try await client.authenticate(
                username: setup.node.fixture.username, password: setup.node.fixture.password)
            #expect(reply?.code == 235)
        }
    }
}

extension SMTPClient {
    /// Connects and talks at once, without waiting for the banner.
    fileprivate static func raw(_ address: SocketAddress, _ text: String) async throws -> SMTPClient {
        let client = try await SMTPClient(connectingTo: address)
        try await client.write(text)
        return client
    }

    /// Whether the server has closed the connection and says nothing more.
    fileprivate func isEnded() async throws -> Bool { try await reply() == nil }
}
