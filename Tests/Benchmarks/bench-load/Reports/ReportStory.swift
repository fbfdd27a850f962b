import Glibc
import NodeProtocol

/// How many events of each kind the nodes of a benchmark report: what counters and log must come to.
struct ReportCounts: Sendable {
    var accepted = 0
    var deferred = 0
    var delivered = 0
    var bounced = 0

    mutating func add(_ other: ReportCounts) {
        accepted += other.accepted
        deferred += other.deferred
        delivered += other.delivered
        bounced += other.bounced
    }

    /// Fields of a JSON object, without braces.
    var summary: String {
        "\"accepted\":\(accepted),\"deferred\":\(deferred),\"delivered\":\(delivered),\"bounced\":\(bounced)"
    }
}

/// What one node reports: messages to one recipient each, of many tenants in turn, whose outcomes follow some
/// hundred messages later. One of twelve is deferred once, one of thirty bounces for good.
struct ReportStory: Sendable {
    let node: UInt16
    private(set) var batches: [[UInt8]] = []
    private(set) var counts = ReportCounts()
    private let tenants: [TenantID]
    private let body: [UInt8]
    private let begun: UInt64
    private var open: [(seq: UInt64, bytes: [UInt8])] = []
    private var openBytes = 0
    private var seq: UInt64 = 0

    var events: Int { Int(seq) }

    init(node: UInt16, tenants: [TenantID], bodyBytes: Int) {
        self.node = node
        self.tenants = tenants
        body = (0..<bodyBytes).map { _ in UInt8.random(in: .min ... .max) }
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        begun = UInt64(now.tv_sec) * 1_000 + UInt64(now.tv_nsec) / 1_000_000
    }

    mutating func make(messages: Int, batchBytes: Int) {
        let distance = 400
        for number in 0..<(messages + distance) {
            if number < messages { accept(number, batchBytes) }
            if number >= distance { finish(number - distance, batchBytes) }
        }
        close()
    }

    private func event(_ kind: EventKind, _ number: Int, recipient: String? = nil) -> Event {
        let tenant = tenants[(number &* 7 &+ Int(node)) % tenants.count]
        let id = MessageID(
            milliseconds: begun + UInt64(number) / 8, node: node,
            random: (UInt64(number) % 8 * 512, UInt64(number)))
        return Event(kind, message: id, tenant: tenant, at: Int64(begun), node: node, recipient: recipient)
    }

    private func recipient(_ number: Int) -> String {
        "reader-\(number % 50_000)@mailbox\(number % 40).example"
    }

    private mutating func accept(_ number: Int, _ batchBytes: Int) {
        var event = event(.accepted, number)
        event.accepted = Event.Accepted(
            origin: Event.Origin(kind: .apiKey, id: "0190a7c4-7a3e-7000-8000-00000000000a", door: "ingest"),
            from: "news@shop.example", envelopeSender: "bounces@dispatch.shop.example",
            recipients: [recipient(number)], subject: "Your order \(number) is on its way",
            messageIDHeader: "<\(number)@shop.example>", bodyBytes: 4_096, hasAttachments: false,
            tags: ["order"], metadata: ["order": "\(number)"], isTest: false, scheduledAt: nil)
        counts.accepted += 1
        add(EventRecord(event, sealedBody: body), batchBytes)
    }

    private mutating func finish(_ number: Int, _ batchBytes: Int) {
        if number % 12 == 5 { outcome(.deferred, number, 451, "4.7.1", batchBytes) }
        if number % 30 == 7 {
            outcome(.bounced, number, 550, "5.1.1", batchBytes)
        } else {
            outcome(.delivered, number, 250, "2.0.0", batchBytes)
        }
    }

    private mutating func outcome(
        _ kind: EventKind, _ number: Int, _ code: Int, _ enhanced: String, _ batchBytes: Int
    ) {
        var event = event(kind, number, recipient: recipient(number))
        event.attempt = number % 12 == 5 && kind != .deferred ? 2 : 1
        event.response = Event.Response(
            code: code, enhancedCode: enhanced, text: "\(enhanced) as the mailbox host said it to us")
        event.remoteHost = "mx\(number % 40).mailbox.example"
        event.durationMilliseconds = 120
        switch kind {
        case .deferred:
            counts.deferred += 1
            event.nextAttemptAt = event.at + 60_000
        case .bounced:
            counts.bounced += 1
            event.classification = Event.Classification(
                category: "NoMailbox", action: "suppress", rule: "bench")
        default: counts.delivered += 1
        }
        add(EventRecord(event), batchBytes)
    }

    private mutating func add(_ record: EventRecord, _ batchBytes: Int) {
        let bytes = record.encoded()
        if openBytes + bytes.count > batchBytes { close() }
        seq += 1
        open.append((seq, bytes))
        openBytes += bytes.count
    }

    private mutating func close() {
        if !open.isEmpty { batches.append(Report(open).encoded()) }
        open = []
        openBytes = 0
    }
}
