import EventLoop
import Glibc
import MailAuth
import TestSupport
import Testing

/// What arrives is what was sent, signed by the sender's domain.
@Suite struct SignedMailTests {
    private static let texts = [
        "Hello.", "\n", "  spaces at the end   \nand\ttabs\t\n\n\n", ".a dot\n..two dots\n.",
        "Grüße aus Köln ✓\n",
        "From the start\n>From\n", String(repeating: "x", count: 5_000) + "\nend",
    ]

    @Test func `mail by HTTP arrives with a signature of its domain that verifies`() async throws {
        let sink = try MailSink()
        let node = try await LoneNode(["DISPATCH_ROUTES": sink.route])
        try await node.start()
        let caller = try await node.caller()
        for (number, text) in Self.texts.enumerated() {
            try await caller.must("POST", "/api/v1/messages", node.message("signed-\(number)", text: text))
        }
        try await sink.wait(for: Self.texts.count)
        for delivery in sink.deliveries { await Self.expectSigned(delivery, node.fixture) }
    }

    @Test func `mail by SMTP arrives as it was sent, with a signature of its domain that verifies`()
        async throws
    {
        let sink = try MailSink()
        let folder = try TemporaryDirectory()
        let certificate = try TestCertificate(in: folder)
        let node = try await LoneNode(["DISPATCH_ROUTES": sink.route].merging(certificate.settings) { $1 })
        let process = try await node.start()
        let fixture = node.fixture
        let bodies = [
            "Hello.\r\n", ".dot\r\n..dots\r\n", "a\r\n\r\n\r\n", "tabs\t \r\n spaces  \r\n", "Grüße\r\n",
        ]
        let smtps = try process.address(of: "smtps")
        try await TestLoops.run {
            let client = try await SMTPClient(connectingTo: smtps)
            try await client.stream.startTLS(
                client: certificate.clientContext(), serverName: "node.test", timeout: .seconds(10))
            try await client.demand(220)
            try await client.say("EHLO client.test", demand: 250)
            #expect(
                try await client.authenticate(username: fixture.username, password: fixture.password)?.code
                    == 235)
            for (number, body) in bodies.enumerated() {
                let message =
                    "From: App <app@\(fixture.domain)>\r\nTo: b@example.net\r\nSubject: as-is-\(number)\r\n"
                    + "X-Mine: folded\r\n\tvalue\r\n\r\n\(body)"
                let reply = try await client.send(
                    message, from: "app@\(fixture.domain)", to: ["b@example.net"])
                #expect(reply?.code == 250)
            }
            try await client.say("QUIT", demand: 221)
        }
        try await sink.wait(for: bodies.count)
        for (number, body) in bodies.enumerated() {
            let delivery = try await sink.wait(forSubject: "as-is-\(number)")
            #expect(delivery.body == body)
            #expect(delivery.header.contains("X-Mine: folded\r\n\tvalue\r\n"))
            await Self.expectSigned(delivery, fixture)
        }
    }

    static func expectSigned(_ delivery: MailSink.Delivery, _ fixture: LoneNode.Fixture) async {
        let results = await DKIMVerifier.verify(delivery.message, now: time(nil)) { selector, domain in
            selector == "dispatch" && domain == fixture.domain
                ? ["v=DKIM1; k=rsa; p=\(fixture.dkimPublicKey)"] : []
        }
        #expect(results.map(\.result) == [.pass], "\(delivery.subject ?? "")")
        #expect(results.map(\.domain) == [fixture.domain])
        #expect(
            delivery.sender.hasPrefix("bounces+") && delivery.sender.hasSuffix("@dispatch.\(fixture.domain)"))
        #expect(delivery.field("X-Dispatch-ID") != nil)
    }
}
