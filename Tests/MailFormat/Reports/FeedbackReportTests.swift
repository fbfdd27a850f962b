import Testing

@testable import MailFormat

@Suite struct FeedbackReportTests {
    private func read(_ message: [UInt8]) -> FeedbackReport? {
        if case .feedback(let report) = MailReport(message) { report } else { nil }
    }

    private func changed(_ old: String, _ new: String) -> [UInt8] {
        Array(String(decoding: ReportSamples.complaint, as: UTF8.self).replacing(old, with: new).utf8)
    }

    @Test func `a complaint says who, about what and from where`() throws {
        let report = try #require(read(ReportSamples.complaint))
        #expect(report.kind == .abuse)
        #expect(report.kind.isComplaint)
        #expect(report.recipients == ["jane@example.org"])
        #expect(report.originalMailFrom == "bounces+1.2@dispatch.one.example")
        #expect(report.arrivalDate == "Sat, 21 Nov 2026 09:00:00 +0000")
        #expect(report.sourceIP == "192.0.2.1")
        #expect(report.userAgent == "Loop/1.0")
        #expect(report.reportingHost == "mail.isp.example")
        #expect(report.original.dispatchID == "01900000-0000-7000-8000-000000000001")
    }

    @Test(arguments: FeedbackReport.Kind.allCases)
    func `every type is known, and two of them are no complaints`(kind: FeedbackReport.Kind) throws {
        let report = try #require(
            read(changed("Feedback-Type: abuse", "Feedback-Type: \(kind.rawValue) (x)")))
        #expect(report.kind == kind)
        #expect(report.kind.isComplaint == ![.notSpam, .authenticationFailure].contains(kind))
    }

    @Test func `an unknown type is another complaint`() {
        #expect(read(changed("Feedback-Type: abuse", "Feedback-Type: dislike"))?.kind == .other)
    }

    @Test func `a recipient who is left out or redacted is nobody`() {
        #expect(read(changed("Original-Rcpt-To: <jane@example.org>", "X: y"))?.recipients == [])
        #expect(read(changed("<jane@example.org>", "redacted"))?.recipients == [])
    }

    @Test func `the message sent on with a telling subject is a complaint`() throws {
        let message = ReportSamples.message(
            "From: staff@hotmail.com\nSubject: complaint about message from 192.0.2.1\n"
                + "Content-Type: multipart/mixed; boundary=b",
            "--b\nContent-Type: message/rfc822\n\nX-HmXmrOriginalRecipient: jane@example.org\n"
                + "\(ReportSamples.returnedHeader)\nHello\n--b--\n")
        let report = try #require(read(message))
        #expect(report.kind == .abuse)
        #expect(report.original.recipients.first == "jane@example.org")
    }
}
