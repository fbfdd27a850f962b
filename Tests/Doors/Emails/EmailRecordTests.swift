import Admission
import FoundationEssentials
import NodeProtocol
import Relay
import TestSupport
import Testing

@testable import Doors
@testable import HTTP

/// The answer to an e-mail that was accepted.
@Suite struct EmailRecordTests {
    private func receipts() -> [Receipt] {
        var plain = Receipt(id: MessageID(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0001))
        plain.acceptedAt = 1_770_000_000_123
        plain.from = "a@one.example"
        plain.queued = ["b@x.example", "c@x.example"]
        var full = plain
        full.subject = "\"Hello\" \u{1}\n/😀"
        full.cc = ["c@x.example"]
        full.bcc = ["d@x.example"]
        full.suppressed = ["gone@x.example"]
        full.scheduledAt = 1_780_000_000_000
        full.tags = ["t", "u"]
        full.metadata = ["k": "v", "l\\": "w"]
        full.tracking = .on
        full.templateID = UUID()
        return [plain, full]
    }

    @Test func `it is written as the record of any e-mail is encoded`() throws {
        for receipt in receipts() {
            var record = EmailRecord(receipt)
            for (resentFrom, isTest) in [(nil, false), ("x", true)] {
                record.resentFrom = resentFrom
                record.isTest = isTest
                let encoded = JSONValue(reading: try JSON.encode(record))
                #expect(JSONValue(reading: record.acceptedText.bytes) == encoded)
                #expect(encoded["object"] == "email")
            }
        }
    }
}
