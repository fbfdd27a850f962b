import Testing

@testable import MailFormat

@Suite struct AutoReplyTests {
    private func read(_ header: String, _ body: String = "Hello\n") -> AutoReply? {
        guard
            case .autoReply(let reply) = MailReport(
                ReportSamples.message("From: j@x.example\n\(header)", body))
        else { return nil }
        return reply
    }

    @Test(arguments: [
        "Auto-Submitted: auto-replied (vacation)", "Auto-Submitted: auto-generated", "X-Autoreply: yes",
        "X-Auto-Response-Suppress: All", "Precedence: auto_reply", "Precedence: bulk", "X-Autorespond: x",
        "Subject: Out of Office: Hi", "Subject: Automatische Antwort: Hallo",
        "Subject: =?utf-8?q?R=C3=A9ponse?= automatique",
        "Subject: 自動返信: Hi", "Subject: Away until May",
    ])
    func `marks and subjects of automatic answers are known`(header: String) {
        #expect(read(header) == .responder)
    }

    @Test func `so are their words`() {
        #expect(read("Subject: Re: Hi", "Thanks. I am on vacation until Monday.\n") == .responder)
    }

    @Test(arguments: ["Subject: Hi", "Auto-Submitted: no\nSubject: Hi", "Subject: Re: your offer"])
    func `a person's answer is none`(header: String) { #expect(read(header) == nil) }

    @Test func `a receipt of display is known`() {
        guard case .autoReply(.receipt) = MailReport(ReportSamples.receipt) else {
            Issue.record("not known")
            return
        }
    }

    @Test(arguments: [
        ("Subject: Please confirm your message", "Hello"), ("X-TMDA-Fingerprint: x", "Hello"),
        ("Subject: Hi", "In order for your message\nto be delivered, follow this link."),
    ])
    func `a host that asks for proof is known`(header: String, text: String) {
        #expect(read(header, text) == .challenge)
    }

    @Test func `a bounce that is marked as automatic stays a bounce`() {
        guard case .deliveryStatus = MailReport(ReportSamples.report(ReportSamples.twoRecipients)) else {
            Issue.record("no bounce")
            return
        }
    }
}
