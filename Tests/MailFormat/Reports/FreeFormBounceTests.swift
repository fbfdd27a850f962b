import Testing

@testable import MailFormat

@Suite struct FreeFormBounceTests {
    private func read(_ message: [UInt8]) -> DeliveryStatusReport? {
        if case .deliveryStatus(let report) = MailReport(message) { report } else { nil }
    }

    @Test(
        arguments: [
            (ReportSamples.exim, 550, "5.1.1"), (ReportSamples.postfix, 550, "5.1.1"),
            (ReportSamples.gmail, 550, "5.1.1"), (ReportSamples.yahoo, 554, nil),
            (ReportSamples.exchange, nil, nil), (ReportSamples.notes, nil, nil),
        ] as [([UInt8], Int?, String?)])
    func `the forms of the great servers name their recipient and why`(
        message: [UInt8], code: Int?, status: String?
    ) throws {
        let report = try #require(read(message))
        #expect(!report.isStandard)
        #expect(report.recipients.map(\.addresses) == [["gone@example.org"]])
        let recipient = try #require(report.recipients.first)
        #expect(recipient.action == .failed)
        #expect(recipient.code == code)
        #expect(recipient.status == status)
        #expect(!recipient.diagnostic.isEmpty)
    }

    @Test func `each recipient has its own reason`() throws {
        let report = try #require(read(ReportSamples.qmail))
        #expect(report.recipients.map(\.addresses) == [["jane@example.org"], ["gone@example.org"]])
        #expect(report.recipients.map(\.code) == [550, nil])
        #expect(report.recipients.map(\.status) == ["5.1.1", "5.1.1"])
        #expect(report.recipients[1].diagnostic.contains("no mailbox here"))
    }

    @Test(arguments: [ReportSamples.qmail, ReportSamples.exim, ReportSamples.gmail, ReportSamples.yahoo])
    func `the message behind the text is found`(message: [UInt8]) throws {
        let original = try #require(read(message)).original
        #expect(original.dispatchID == "01900000-0000-7000-8000-000000000001")
        #expect(original.returnPath == "bounces+1.2@dispatch.one.example")
    }

    @Test(arguments: [
        "This is a warning message only.\nYou do not need to resend your message.\n\n",
        "Your message could not be delivered yet; delivery attempts will continue to be made.\n\n",
    ])
    func `a warning says that it is late, not that it failed`(text: String) throws {
        let report = try #require(read(ReportSamples.freeForm(text + "<jane@example.org>: 421 busy\n")))
        #expect(report.recipients.map(\.action) == [.delayed])
    }

    @Test func `addresses inside of sentences and the sender's are no recipients`() throws {
        let report = try #require(
            read(
                ReportSamples.freeForm(
                    """
                    Your message could not be delivered.
                    help@isp.example is whom you may ask.
                    The sender a@one.example was told.
                    550 5.7.1 rejected
                    """)))
        #expect(report.recipients.map(\.addresses) == [[]])
        #expect(report.recipients.map(\.code) == [550])
    }

    @Test func `fields in the text are read as fields`() throws {
        let report = try #require(
            read(
                ReportSamples.freeForm(
                    """
                    An error occurred while trying to deliver the mail to the following recipients:
                    gone@example.org

                    Action: failed
                    Final-Recipient: rfc822; gone@example.org
                    Diagnostic-Code: smtp; 550 5.1.1 unknown
                    Status: 5.1.1
                    """)))
        #expect(report.recipients.map(\.addresses) == [["gone@example.org"]])
        #expect(report.recipients.map(\.status) == ["5.1.1"])
    }

    @Test func `words in HTML alone are read too`() throws {
        let message = ReportSamples.message(
            "From: postmaster@example.org\nSubject: Undeliverable: Hi\nContent-Type: text/html",
            "<style>p { a@b.example }</style><p>Your message couldn't be delivered to:"
                + "<p>&lt;gone@example.org&gt;: 550 5.1.1&nbsp;unknown</p>")
        let report = try #require(read(message))
        #expect(report.recipients.map(\.addresses) == [["gone@example.org"]])
        #expect(report.recipients.map(\.code) == [550])
    }

    @Test(arguments: [
        (
            "jane@example.org", "Re: failure notice",
            "> This is the qmail-send program at x.\n> <a@b.example>: 550"
        ),
        ("jane@example.org", "Hello", "My letter was not so good. Write to me at <jane@example.org>."),
        ("news@example.org", "Delivery failure rates of 2026", "An article about mail."),
    ])
    func `what people write is no bounce`(from: String, subject: String, text: String) {
        #expect(read(ReportSamples.message("From: \(from)\nSubject: \(subject)", text)) == nil)
    }

    @Test(
        arguments: [
            ("550-5.1.1 no", 550, "5.1.1"), ("said: 550 5.7.1_x", 550, nil),
            ("mx1.550.example 192.0.2.1", nil, nil),
            ("(#5.1.1)", nil, "5.1.1"), ("2.1.5 Ok 250", nil, nil), ("port 25, 1550 bytes", nil, nil),
            ("5.1.1.1 and 4.2.2.", nil, "4.2.2"), ("554: x", 554, nil),
            ("http://x.example/550/5.1.1", nil, nil),
        ] as [(String, Int?, String?)])
    func `codes are told from other numbers`(text: String, code: Int?, status: String?) {
        let codes = ReplyCodes(text)
        #expect(codes.code == code)
        #expect(codes.status == status)
    }
}
