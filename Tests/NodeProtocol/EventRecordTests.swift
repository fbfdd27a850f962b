import FoundationEssentials
import NodeProtocol
import TestSupport
import Testing

@Suite struct EventRecordTests {
    private let tenant: TenantID

    init() throws { tenant = try tenantID(1) }

    private func event(_ kind: EventKind) -> Event {
        let id = MessageID(milliseconds: 1_800_000_000_000, node: 3, random: (1, 2))
        var event = Event(
            kind, message: id, tenant: tenant, at: 1_800_000_000_001, node: 3, recipient: "é@x.example")
        event.attempt = 2
        event.response = .init(code: 550, enhancedCode: "5.1.1", text: "no \"such\"\u{0} user\n")
        event.classification = .init(
            category: "InvalidRecipient", action: "suppress", rule: "r1", ruleSet: "s1")
        event.remoteHost = "mx.x.example"
        event.remoteID = "abc"
        event.durationMilliseconds = 12
        event.nextAttemptAt = .max
        event.accepted = .init(
            origin: .init(kind: .apiKey, id: "k", door: "ingest"), from: "a@b.example", envelopeSender: "",
            recipients: ["c@d.example"], subject: "Ünïcode", messageIDHeader: "<x@y>", bodyBytes: 10,
            hasAttachments: true, tags: ["t"], metadata: ["k": "v"], isTest: false, scheduledAt: nil)
        event.webhook = .init(id: tenant.uuid, url: "https://x.example/", event: "sent", isGone: true)
        event.isLate = kind == .complained
        event.isTest = kind == .unsubscribed
        if kind == .clicked {
            event.reader = .init(
                userAgent: "Reader/1.0", network: "203.0.113.0/24", url: "https://x.example/?é",
                machineReason: "bot")
        } else if kind == .opened {
            event.reader = .init(userAgent: "")
        }
        return event
    }

    @Test(arguments: EventKind.allCases)
    func `every kind comes back as it was, with its sealed body`(kind: EventKind) {
        for body in [[], [0], [UInt8](repeating: 0xFF, count: 1000)] as [[UInt8]] {
            let record = EventRecord(event(kind), sealedBody: body)
            #expect(EventRecord(record.encoded()[...]) == record)
        }
    }

    @Test func `a reader's name is cut between two characters, and nothing is left of one that is none`() {
        let long = String(repeating: "é", count: 400) + "x"
        #expect(Event.Reader(userAgent: "x" + long).userAgent == "x" + String(repeating: "é", count: 255))
        #expect(Event.Reader(userAgent: long).userAgent.utf8.count == 512)
        #expect(!Event.Reader(userAgent: "x").isMachine)
    }

    @Test func `the sealed body may be put behind the record of its event`() {
        var bytes = EventRecord.encode(event(.accepted), bodyBytes: 2)
        bytes += [1, 2]
        #expect(bytes == EventRecord(event(.accepted), sealedBody: [1, 2]).encoded())
    }

    @Test func `a record is read from the middle of a buffer`() {
        let record = EventRecord(event(.delivered), sealedBody: [1, 2])
        let bytes = [9, 9, 9] + record.encoded()
        #expect(EventRecord(bytes[3...]) == record)
    }

    @Test func `no truncation inside the event is taken for one, and none traps`() {
        let record = EventRecord(event(.bounced), sealedBody: [1, 2, 3])
        let bytes = record.encoded()
        for count in 0..<(bytes.count - 3) { #expect(EventRecord(bytes[..<count]) == nil) }
    }

    @Test func `no mutation traps`() {
        let bytes = EventRecord(event(.accepted), sealedBody: [1, 2, 3]).encoded()
        var random = SeededBytes(seed: 1)
        for _ in 0..<3000 { _ = EventRecord(random.mutated(bytes)[...]) }
        for length in [0, 1, .max, 0x7FFF_FFFF, 0x8000_0000] as [UInt32] {
            let head = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) }
            _ = EventRecord((head + bytes.dropFirst(4))[...])
        }
    }

    @Test func `customers learn of the events of the design under its names`() {
        #expect(EventKind.accepted.webhookName == "sent")
        #expect(EventKind.expired.webhookName == "bounced")
        #expect(EventKind.complained.webhookName == "complained")
        #expect(EventKind.webhookAttempted.webhookName == nil)
    }
}

@Suite struct ReportTests {
    private let report = Report([(1, [1, 2, 3]), (2, []), (900, [4]), (.max, [5, 6])])

    @Test func `a report comes back as it was`() {
        #expect(Report(report.encoded()) == report)
        #expect(Report([UInt8]())?.records.isEmpty == true)
    }

    @Test func `a truncated report is taken only where a record ends`() {
        let bytes = report.encoded()
        let ends = [0: 0, 15: 1, 27: 2, 40: 3]
        for count in bytes.indices {
            #expect(Report(Array(bytes[..<count]))?.records.count == ends[count], "\(count)")
        }
    }

    @Test func `numbers that do not rise are refused`() {
        #expect(Report(Report([(2, []), (2, [])]).encoded()) == nil)
        #expect(Report(Report([(2, []), (1, [])]).encoded()) == nil)
    }

    @Test func `no mutation traps`() {
        let bytes = report.encoded()
        var random = SeededBytes(seed: 2)
        for _ in 0..<5000 { _ = Report(random.mutated(bytes)) }
    }
}
