import EventLoop
import Glibc
import MailAuth
import TestSupport
import Testing

/// Delivery reports that a client asks for over SMTP come back to it by mail.
@Suite struct NoticeTests {
    /// A node with SMTPS, and what to say to it.
    struct Bench {
        let sink: MailSink
        let node: LoneNode
        let certificate: TestCertificate
        let folder: TemporaryDirectory

        init(_ settings: [String: String] = [:], offering extensions: [String] = []) async throws {
            sink = try MailSink(offering: extensions)
            folder = try TemporaryDirectory()
            certificate = try TestCertificate(in: folder)
            node = try await LoneNode(
                ["DISPATCH_ROUTES": sink.route].merging(certificate.settings) { $1 }.merging(settings) { $1 })
            try await node.start()
        }

        /// Sends a message of the tenant; the lines are MAIL's and RCPT's parameters.
        func send(_ subject: String, from sender: String, _ envelope: String, to recipients: [String])
            async throws
        {
            let (fixture, smtps) = (node.fixture, try node.process.address(of: "smtps"))
            let certificate = certificate
            try await TestLoops.run {
                let client = try await SMTPClient(connectingTo: smtps)
                try await client.stream.startTLS(
                    client: certificate.clientContext(), serverName: "node.test", timeout: .seconds(10))
                try await client.demand(220)
                let hello = try await client.say("EHLO client.test", demand: 250)
                #expect(hello.lines.contains("DSN") && hello.lines.contains("REQUIRETLS"))
                _ = try await client.authenticate(username: fixture.username, password: fixture.password)
                try await client.say("MAIL FROM:<\(sender)@\(fixture.domain)> \(envelope)", demand: 250)
                for recipient in recipients { try await client.say("RCPT TO:\(recipient)", demand: 250) }
                try await client.say("DATA", demand: 354)
                let message = "From: app@\(fixture.domain)\r\nSubject: \(subject)\r\n\r\nHello.\r\n.\r\n"
                try await client.write(message)
                try await client.demand(250)
                try await client.say("QUIT", demand: 221)
            }
        }

        /// Notices in the order in which they arrived.
        var notices: [MailSink.Delivery] {
            sink.deliveries.filter { $0.sender.isEmpty }
        }
    }

    @Test func `a success is told of by a signed report from the null path`() async throws {
        let bench = try await Bench()
        try await bench.send(
            "told", from: "app", "ENVID=job+2B7 RET=FULL",
            to: ["<fine@example.net> NOTIFY=SUCCESS ORCPT=rfc822;old@example.org", "<other@example.net>"])
        try await bench.sink.wait(for: 2)
        let notice = try #require(bench.notices.first)
        let domain = bench.node.fixture.domain
        #expect(notice.recipients == ["app@\(domain)"])
        #expect(notice.subject == "Relayed: your message was handed over")
        #expect(notice.body.contains("Original-Envelope-Id: job+7\r\n"))
        #expect(
            notice.body.contains(
                "Original-Recipient: rfc822;old@example.org\r\nFinal-Recipient: rfc822;fine@example.net\r\n"
                    + "Action: relayed\r\nStatus: 2.0.0\r\nRemote-MTA: dns; 127.0.0.1\r\n"
                    + "Diagnostic-Code: smtp; 250 2.0.0 Ok: queued as S1\r\n"))
        #expect(!notice.body.contains("other@example.net"))
        #expect(notice.body.contains("Subject: told\r\n") && !notice.body.contains("Hello."))
        let key = bench.node.fixture.dkimPublicKey
        let results = await DKIMVerifier.verify(notice.message, now: time(nil)) { _, _ in
            ["v=DKIM1; k=rsa; p=\(key)"]
        }
        #expect(results.map(\.result) == [.pass])
        try await bench.node.process.waitUntilIdle()
    }

    @Test func `mixed answers are told of each in its own way, and who asked for nothing hears nothing`()
        async throws
    {
        let bench = try await Bench(["DISPATCH_DELAY_NOTICE": "0s"])
        try await bench.send(
            "mixed", from: "app", "RET=FULL",
            to: [
                "<fine@example.net> NOTIFY=SUCCESS,FAILURE", "<refuse-a@example.net> NOTIFY=FAILURE",
                "<refuse-b@example.net> NOTIFY=NEVER", "<refuse-c@example.net>",
                "<defer-a@example.net> NOTIFY=DELAY", "<defer-b@example.net> NOTIFY=FAILURE",
            ])
        try await bench.sink.wait(for: 4)
        let byAction = Dictionary(
            grouping: bench.notices, by: { $0.subject?.prefix { $0 != ":" } ?? "" })
        #expect(Set(byAction.keys) == ["Relayed", "Undeliverable", "Delayed"])
        let failure = try #require(byAction["Undeliverable"]?.first)
        #expect(failure.body.contains("Final-Recipient: rfc822;refuse-a@example.net\r\n"))
        #expect(failure.body.contains("Diagnostic-Code: smtp; 550 5.1.1 No such user here\r\n"))
        #expect(!failure.body.contains("refuse-b") && !failure.body.contains("refuse-c"))
        #expect(failure.body.contains("\r\n\r\nHello.\r\n"))
        let delay = try #require(byAction["Delayed"]?.first)
        #expect(delay.body.contains("Final-Recipient: rfc822;defer-a@example.net\r\nAction: delayed\r\n"))
        #expect(!delay.body.contains("defer-b") && delay.body.contains("Will-Retry-Until: "))
        #expect(byAction["Relayed"]?.first?.body.contains("<fine@example.net>") == true)
    }

    @Test func `a report that nobody takes is told of to nobody`() async throws {
        let bench = try await Bench()
        try await bench.send(
            "loop", from: "refuse", "", to: ["<refuse-me@example.net> NOTIFY=FAILURE,SUCCESS,DELAY"])
        try await eventually("two refusals") { bench.sink.refusedCount == 2 ? true : nil }
        try await bench.node.process.waitUntilIdle()
        #expect(bench.sink.deliveryCount == 0)
        #expect(bench.sink.refusedCount == 2)
    }

    @Test func `a message that may only leave under TLS is not given to a host without it`() async throws {
        let bench = try await Bench()
        try await bench.send("secret", from: "app", "REQUIRETLS", to: ["<fine@example.net> NOTIFY=FAILURE"])
        try await bench.sink.wait(for: 1)
        let notice = try #require(bench.notices.first)
        #expect(notice.body.contains("Action: failed\r\nStatus: 5.7.30\r\n"))
        #expect(!notice.body.contains("Diagnostic-Code"))
        #expect(bench.sink.deliveryCount == 1)
    }
}
