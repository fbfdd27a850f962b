import NodeProtocol
import TestSupport
import Testing

/// A host that offers DSN takes the sender's wish over and reports by itself: to our return path, from where
/// it goes on to the sender.
@Suite struct PassedReportTests {
    private let bench: NoticeTests.Bench

    init() async throws { bench = try await NoticeTests.Bench(offering: ["DSN"]) }

    private var reporter: Reporter {
        get throws { Reporter(address: try bench.node.process.address(of: "inbound")) }
    }

    private func delivered(_ recipient: String, _ more: String = "") -> String {
        "\(more)Final-Recipient: rfc822; \(recipient)\nAction: delivered\nStatus: 2.1.5"
    }

    /// The message as it left, and how many notices have come to its sender.
    private func sent(_ subject: String, _ envelope: String, to recipients: [String]) async throws
        -> MailSink.Delivery
    {
        try await bench.send(subject, from: "app", envelope, to: recipients)
        return try await bench.sink.wait(forSubject: subject)
    }

    @Test func `a report that was asked for goes to the sender, with its own words for the message`()
        async throws
    {
        let delivery = try await sent(
            "asked", "ENVID=job+2B7 RET=FULL",
            to: ["<fine@example.net> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;old@example.org"])
        // The host reports, so nothing is said of the handing over.
        #expect(bench.notices.isEmpty)
        let report = Reporter.report(
            of: delivery, delivered("fine@example.net", "Original-Recipient: rfc822; old@example.org\n"))
        let reply = try await reporter.send(report, to: delivery.sender)
        #expect(reply.code == 250 && reply.text.contains("passed on"), "\(reply)")
        try await bench.sink.wait(for: 2)
        let notice = try #require(bench.notices.first)
        let domain = bench.node.fixture.domain
        #expect(notice.recipients == ["app@\(domain)"])
        #expect(notice.subject == "Delivered: your message has arrived")
        #expect(notice.field("From")?.contains("mailer-daemon@\(domain)") == true)
        #expect(notice.field("Auto-Submitted") == "auto-replied")
        #expect(notice.header.contains("DKIM-Signature: "))
        #expect(notice.body.contains("Reporting-MTA: dns; mx.example.net\r\n"))
        #expect(notice.body.contains("Original-Envelope-Id: job+7\r\n"))
        #expect(
            notice.body.contains(
                "Original-Recipient: rfc822;old@example.org\r\nFinal-Recipient: rfc822;fine@example.net\r\n"
                    + "Action: delivered\r\nStatus: 2.1.5\r\n"))
        #expect(notice.body.contains("Subject: asked\r\n"))
        // Nothing of what came is sent on.
        #expect(!notice.body.contains("It did not work."))
    }

    @Test func `each is passed on once, also over a crash, and each outcome for itself`() async throws {
        let delivery = try await sent(
            "once", "", to: ["<fine@example.net> NOTIFY=SUCCESS,FAILURE,DELAY"])
        let success = Reporter.report(of: delivery, delivered("fine@example.net"))
        for _ in 0..<3 { #expect(try await reporter.send(success, to: delivery.sender).code == 250) }
        try await bench.sink.wait(for: 2)
        try await eventually("what was told is on disk") {
            try await bench.node.process.health()["queued"].integer == 0 ? true : nil
        }
        _ = try await bench.node.process.stop()
        try await bench.node.start()
        #expect(try await reporter.send(success, to: delivery.sender).text.contains("nothing to record"))
        let bounce = Reporter.bounce(of: delivery, recipient: "fine@example.net")
        #expect(try await reporter.send(bounce, to: delivery.sender).text.contains("bounce recorded"))
        try await bench.sink.wait(for: 3)
        #expect(bench.notices.count == 2)
        #expect(bench.notices.last?.subject?.hasPrefix("Undeliverable: ") == true)
        #expect(
            bench.notices.last?.body.contains("Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n") == true)
        let delay = "Final-Recipient: rfc822; fine@example.net\nAction: delayed\nStatus: 4.4.1"
        _ = try await reporter.send(Reporter.report(of: delivery, delay), to: delivery.sender)
        try await bench.sink.wait(for: 4)
        #expect(bench.notices.last?.body.contains("Will-Retry-Until") == false)
    }

    @Test func `who did not ask hears nothing, and nothing of recipients whom the message never had`()
        async throws
    {
        let delivery = try await sent(
            "quiet", "",
            to: ["<a@example.net> NOTIFY=FAILURE", "<b@example.net> NOTIFY=NEVER", "<c@example.net>"])
        for name in ["a", "b", "c", "nobody"] {
            let report = Reporter.report(of: delivery, delivered("\(name)@example.net"))
            let reply = try await reporter.send(report, to: delivery.sender)
            #expect(reply.text.contains("nothing to record"), "\(reply)")
        }
        for name in ["b", "c"] {
            let bounce = Reporter.bounce(of: delivery, recipient: "\(name)@example.net")
            #expect(try await reporter.send(bounce, to: delivery.sender).code == 250)
        }
        #expect(bench.notices.isEmpty)
        try await bench.node.process.waitUntilIdle()
        #expect(bench.sink.deliveryCount == 1)
    }

    @Test
    func `who adopted the node passes on what its senders asked for, and what was told is told no more`()
        async throws
    {
        let told = try await sent("told", "", to: ["<fine@example.net> NOTIFY=SUCCESS"])
        let untold = try await sent("untold", "", to: ["<late@example.net> NOTIFY=SUCCESS"])
        let first = Reporter.report(of: told, delivered("fine@example.net"))
        #expect(try await reporter.send(first, to: told.sender).text.contains("passed on"))
        try await bench.sink.wait(for: 3)
        try await bench.node.process.waitUntilIdle()
        _ = try await bench.node.process.stop()

        let own = try bench.node.sibling(number: 2)
        let directory = ["DISPATCH_NODE_DIR": own.file("node"), "DISPATCH_MIN_FREE_PERCENT": "0"]
        let adopted = try await SpoolTools.run(
            ["spool", "adopt", bench.node.path, "--journal", "leave", "--json"], settings: directory)
        #expect(adopted.json["wishes"].integer == 3, "\(adopted.errors)")
        let adopter = try await NodeProcess(
            directory: own.file("node"),
            settings: ["DISPATCH_CONTROL_URL": "http://127.0.0.1:9", "DISPATCH_ROUTES": bench.sink.route])
        let reporter = Reporter(address: try adopter.address(of: "inbound"))
        #expect(try await reporter.send(first, to: told.sender).text.contains("nothing to record"))
        let second = Reporter.report(of: untold, delivered("late@example.net"))
        #expect(try await reporter.send(second, to: untold.sender).text.contains("passed on"))
        try await bench.sink.wait(for: 4)
        #expect(bench.notices.last?.body.contains("late@example.net") == true)
    }

    @Test func `a host's report about our report goes nowhere`() async throws {
        let delivery = try await sent("loop", "", to: ["<fine@example.net> NOTIFY=SUCCESS,FAILURE"])
        _ = try await reporter.send(
            Reporter.report(of: delivery, delivered("fine@example.net")), to: delivery.sender)
        try await bench.sink.wait(for: 2)
        let notice = try #require(bench.notices.first)
        // It left from the null path: a host has no address to report to.
        #expect(notice.sender.isEmpty)
        let bounce = Reporter.bounce(of: notice, recipient: notice.recipients[0])
        #expect(try await reporter.send(bounce, to: "mailer-daemon@\(bench.node.fixture.domain)").code == 550)
        #expect(bench.sink.deliveryCount == 2)
    }
}
