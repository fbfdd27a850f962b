import Testing

@testable import MailFormat

@Suite struct DeliveryStatusReportTests {
    private func read(_ message: [UInt8]) throws -> DeliveryStatusReport {
        guard case .deliveryStatus(let report) = MailReport(message) else {
            throw Missing()
        }
        return report
    }

    private struct Missing: Error {}

    @Test func `each recipient's fields are read, and those of the message`() throws {
        let report = try read(ReportSamples.report(ReportSamples.twoRecipients))
        #expect(report.isStandard)
        #expect(report.reportingHost == "mx.example.org")
        #expect(report.envelopeID == "envelope-7")
        #expect(report.arrivalDate == "Sat, 21 Nov 2026 09:00:00 +0000")
        try #require(report.recipients.count == 2)
        let jane = report.recipients[0]
        #expect(jane.addresses == ["jane@example.org", "jane.doe@store.example.org"])
        #expect(jane.action == .delayed)
        #expect(jane.status == "4.2.2")
        #expect(jane.code == 452)
        #expect(jane.diagnostic == "452 4.2.2 mailbox full")
        let gone = report.recipients[1]
        #expect(gone.addresses == ["gone@example.org"])
        #expect(gone.action == .failed)
        // The host's own words say more than `5.0.0`.
        #expect(gone.status == "5.1.1")
        #expect(gone.code == 550)
        #expect(gone.remoteHost == "store.example.org")
    }

    @Test(arguments: [
        "text/rfc822-headers", "message/rfc822", "message/global", "message/global-headers",
    ])
    func `the header that came back says which message it was`(type: String) throws {
        let original = try read(ReportSamples.report(ReportSamples.twoRecipients, returned: type)).original
        #expect(original.dispatchID == "01900000-0000-7000-8000-000000000001")
        #expect(original.messageID == "<hello@one.example>")
        #expect(original.returnPath == "bounces+1.2@dispatch.one.example")
        #expect(original.recipients == ["jane@example.org", "gone@example.org"])
    }

    @Test(arguments: DeliveryStatusReport.Action.allCases)
    func `every action of the RFC is known`(action: DeliveryStatusReport.Action) throws {
        let fields =
            "Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822;a@b.example\nAction: \(action)\nStatus: 4.0.0"
        #expect(try read(ReportSamples.report(fields)).recipients.map(\.action) == [action])
    }

    @Test(arguments: [
        ("Status: 5.1.1", DeliveryStatusReport.Action.failed), ("Status: 4.4.1", .delayed),
        ("Status: 2.0.0", .delivered), ("Action: deliverable", .delivered), ("Action: expired", .failed),
        ("Action: odd\nStatus: 5.0.0 (no)", .failed),
    ])
    func `without a known action the status decides`(
        fields: String, action: DeliveryStatusReport.Action
    ) throws {
        let report = try read(ReportSamples.report("Final-Recipient: rfc822;a@b.example\n\(fields)"))
        #expect(report.recipients.map(\.action) == [action])
    }

    @Test func `blank lines too many or too few do not mix recipients up`() throws {
        let crammed = """
            Reporting-MTA: dns; x
            Final-Recipient: rfc822;a@b.example
            Action: failed
            Status: 5.1.1
            Final-Recipient: rfc822;c@b.example
            Action: delayed
            Status: 4.1.1
            """
        let loose = crammed.replacing("\n", with: "\n\n")
        for fields in [crammed, loose] {
            let recipients = try read(ReportSamples.report(fields)).recipients
            #expect(recipients.map(\.addresses) == [["a@b.example"], ["c@b.example"]])
            #expect(recipients.map(\.action) == [.failed, .delayed])
        }
    }

    @Test(arguments: [
        ("utf-8; j\\x{f6}rg@example.org", "jörg@example.org"), ("utf-8;jörg@example.org", "jörg@example.org"),
        ("jane@example.org", "jane@example.org"), ("RFC822 ; <jane@EXAMPLE.org>", "jane@example.org"),
    ])
    func `addresses come in several ways`(value: String, address: String) throws {
        let report = try read(
            ReportSamples.report(
                "Final-Recipient: \(value)\nAction: failed", type: "message/global-delivery-status"))
        #expect(report.recipients.map(\.addresses) == [[address]])
    }

    @Test(arguments: ["x400; /C=XX/", "rfc822;postmaster", "rfc822;|/bin/sh", "utf-8; \\x{110000}", "", ";"])
    func `what is no address names nobody`(value: String) throws {
        let report = try read(
            ReportSamples.report("Final-Recipient: \(value)\nAction: failed\nStatus: 5.1.1"))
        #expect(report.recipients.map(\.addresses) == [[]])
    }

    @Test func `what the fields leave out is taken from the text beside them`() throws {
        let report = try read(
            ReportSamples.report(
                "Final-Recipient: rfc822;gone@example.org\nAction: failed\nStatus: 5.0.0",
                text: "gone@example.org: 550 5.1.1 no such user"))
        #expect(report.recipients.map(\.code) == [550])
        #expect(report.recipients.map(\.status) == ["5.1.1"])
    }

    @Test func `a report names a hundred recipients and no more`() throws {
        let fields = (0..<150).map { "Final-Recipient: rfc822;r\($0)@b.example\nAction: failed" }
        let report = try read(ReportSamples.report(fields.joined(separator: "\n\n")))
        #expect(report.recipients.count == DeliveryStatusReport.maxRecipients)
    }
}
