import SMTPWire
import Testing

@testable import Delivery

/// Diagnostic texts of delivery reports, where the reply has to be found first.
@Suite struct DiagnosticTests {
    private func said(_ text: String, _ status: String? = nil) -> Classifier.Said {
        Diagnostic(text, status: status.flatMap { EnhancedStatusCode($0) }).said
    }

    @Test func `the reply is found within the words of the host that reports`() {
        let postfix = said(
            "smtp; host spam.example[192.0.2.1] said: 550 5.1.1 <a@b.example>: User unknown "
                + "(in reply to RCPT TO command)", "5.0.0")
        #expect(postfix.code == 550)
        #expect(postfix.status == EnhancedStatusCode(5, 1, 1))
        #expect(postfix.stage == .recipient)
        #expect(!postfix.text.contains("spam.example"))
        let exim = said("SMTP error from remote mail server after end of data: 552-5.2.3 too large")
        #expect(exim.code == 552)
        #expect(exim.stage == .endOfData)
        #expect(exim.status == EnhancedStatusCode(5, 2, 3))
    }

    @Test func `addresses, ports and versions are no codes`() {
        let text = said("connect to 450.example[203.0.113.225]:587: agent 5.1.100.7 timed out", "4.4.1")
        #expect(text.code == nil)
        #expect(text.status == EnhancedStatusCode(4, 4, 1))
        #expect(!text.isPermanent)
    }

    @Test func `a status of the field yields to the one that was said`() {
        #expect(said("550-5.2.2 full", "5.0.0").status == EnhancedStatusCode(5, 2, 2))
        #expect(said("550 full", "5.2.2").status == EnhancedStatusCode(5, 2, 2))
        #expect(said("450 2.0.0 is no reason", "4.2.2").status == EnhancedStatusCode(4, 2, 2))
    }

    @Test func `without code and status a report is of a final failure`() {
        let result = Classifier.classify(status: nil, diagnostic: "Sorry, no such user here")
        #expect(result.category == .invalidRecipient)
        #expect(result.action == .suppress)
        let later = Classifier.classify(status: EnhancedStatusCode(4, 1, 1), diagnostic: "no such user here")
        #expect(later.category == .invalidRecipient)
        #expect(later.action == .retry)
        #expect(later.givenUp.action == .bounce)
    }

    @Test func `a user who is unknown only behind DATA is not suppressed`() {
        let result = Classifier.classify(
            status: nil, diagnostic: "550 User unknown (in reply to end of DATA command)")
        #expect(result.action == .bounce)
    }

    @Test(arguments: [
        "", " ", "5", "55", "550", "550-", "-", "@", "@@@@", "<>", "5.1.1", "999 9.9.9", "\u{0}",
        "550\u{FFFD}é",
        String(repeating: "5", count: 100_000), String(repeating: "a@", count: 100_000),
        String(repeating: "user unknown ", count: 100_000), String(repeating: "\u{1F4E7}", count: 10_000),
        String(repeating: "é", count: 4_095) + "x", String(repeating: ".", count: 5_000) + "550 5.1.1 late",
    ])
    func `any text has an answer`(text: String) {
        let result = Classifier.classify(status: nil, diagnostic: text)
        #expect(!result.ruleID.isEmpty)
        #expect(ReplyWords(text).bytes.count <= ReplyWords.maxTextBytes + 1)
    }
}
