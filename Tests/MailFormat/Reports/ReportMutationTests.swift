import TestSupport
import Testing

@testable import MailFormat

/// Bytes from strangers: nothing may stop the process, and every limit must hold.
@Suite struct ReportMutationTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func `no altered report breaks a parser or a limit`(seed: UInt64) {
        var random = SeededBytes(seed: seed)
        for sample in ReportSamples.all {
            for _ in 0..<60 {
                var bytes = sample
                for _ in 0...random.below(12) { random.mutate(&bytes) }
                check(bytes, "seed \(seed)")
            }
        }
    }

    @Test func `a report cut at any byte is read as far as it goes`() {
        for sample in ReportSamples.all {
            for length in stride(from: 0, through: sample.count, by: 7) {
                check(Array(sample.prefix(length)), "\(length)")
            }
        }
    }

    @Test func `very long lines, many lines and many fields are cut`() {
        let long = String(repeating: "x", count: 200_000)
        let lines = String(repeating: "<a@b.example>:\n", count: 20_000)
        let fields = String(
            repeating: "Final-Recipient: rfc822;a@b.example\nAction: failed\n\n", count: 5_000)
        check(ReportSamples.freeForm("This is the qmail-send program\n\(long)@x.example: 550\n"), "long")
        check(ReportSamples.freeForm("This is the qmail-send program\n\(lines)"), "lines")
        check(ReportSamples.report(fields), "fields")
        check(
            ReportSamples.report(
                "Diagnostic-Code: smtp; \(long)\nFinal-Recipient: a@b.example\nAction: failed"), "value")
    }

    private func check(_ bytes: [UInt8], _ note: String) {
        guard case .deliveryStatus(let report) = MailReport(bytes) else { return }
        #expect(report.recipients.count <= DeliveryStatusReport.maxRecipients, "\(note)")
        for recipient in report.recipients {
            // A character that was cut is replaced by one of three bytes.
            #expect(recipient.diagnostic.utf8.count <= DeliveryStatusReport.maxDiagnosticBytes + 3, "\(note)")
            #expect(recipient.addresses.allSatisfy { $0.utf8.count <= MailAddress.maxBytes }, "\(note)")
        }
    }
}
