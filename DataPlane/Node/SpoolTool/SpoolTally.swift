import NodeProtocol
import Spool

/// Counts what is open in a spool, one entry after the other: by tenant, by destination and by state.
///
/// Memory: a row for each tenant and destination, of these at most `maxNames`, and the entries that are
/// listed.
struct SpoolTally {
    /// What is looked at; nil is everything.
    struct Filter {
        var tenant: TenantID?
        /// In lower case.
        var destination: String?
        var state: String?

        var isEmpty: Bool { tenant == nil && destination == nil && state == nil }
    }

    struct Sum: Encodable {
        var entries = 0
        var recipients = 0
        /// Of the messages, not counted once for each recipient.
        var bytes = 0
    }

    /// One entry of the list.
    struct Row: Encodable {
        let id: String
        let tenant: String
        let kind: String
        let from: String
        let accepted_at: String
        let deadline: String
        let bytes: Int
        /// How many recipients are in which state.
        let recipients: [String: Int]
        let next_attempt_at: String?
    }

    private static let maxNames = 100_000
    private static let others = "(others)"

    let filter: Filter
    let limit: Int
    private(set) var all = Sum()
    private(set) var webhooks = 0
    /// Entries whose header this program cannot read, and those that went while the spool was read.
    private(set) var unreadable = 0
    private(set) var oldestMilliseconds: UInt64?
    private(set) var byTenant: [String: Sum] = [:]
    private(set) var byDestination: [String: Sum] = [:]
    private(set) var byState: [String: Sum] = [:]
    /// The oldest, at most `limit`.
    private(set) var oldest: [Row] = []

    init(_ filter: Filter, limit: Int) {
        self.filter = filter
        self.limit = limit
    }

    /// Takes entries in the order of their ids.
    mutating func add(_ entry: Recovery.Entry) {
        guard let message = OpenMessage(entry.id, header: entry.header, updates: entry.updates) else {
            unreadable += 1
            return
        }
        if let tenant = filter.tenant, tenant != message.entry.tenant { return }
        var matching: [(destination: String, state: String)] = []
        for (index, recipient) in message.recipients.enumerated() {
            let destination = message.destination(index)
            let state = recipient.state.spoolWord
            if filter.destination ?? destination == destination, filter.state ?? state == state {
                matching.append((destination, state))
            }
        }
        if !matching.isEmpty { count(message, matching) }
    }

    private mutating func count(_ message: OpenMessage, _ matching: [(destination: String, state: String)]) {
        let bytes = message.bodyBytes
        if case .webhook = message.entry { webhooks += 1 }
        all.add(recipients: matching.count, bytes: bytes)
        oldestMilliseconds = oldestMilliseconds ?? message.id.milliseconds
        byTenant[message.entry.tenant.description, default: Sum()].add(
            recipients: matching.count, bytes: bytes)
        var states: [String: Int] = [:]
        var destinations: [String: Int] = [:]
        for item in matching {
            states[item.state, default: 0] += 1
            let isKnown = byDestination[item.destination] != nil || byDestination.count < Self.maxNames
            destinations[isKnown ? item.destination : Self.others, default: 0] += 1
        }
        for (name, count) in states { byState[name, default: Sum()].add(recipients: count, bytes: bytes) }
        for (name, count) in destinations {
            byDestination[name, default: Sum()].add(recipients: count, bytes: bytes)
        }
        if oldest.count < limit { oldest.append(Row(message, states)) }
    }
}

extension SpoolTally.Sum {
    fileprivate mutating func add(recipients: Int, bytes: Int) {
        entries += 1
        self.recipients += recipients
        self.bytes += bytes
    }
}

extension SpoolTally.Row {
    fileprivate init(_ message: OpenMessage, _ states: [String: Int]) {
        id = message.id.description
        tenant = message.entry.tenant.description
        switch message.entry {
        case .mail(let mail):
            kind = "mail"
            from = mail.log.from
            deadline = SpoolTime.text(mail.deadline)
        case .webhook(let webhook):
            kind = "webhook"
            from = webhook.event
            deadline = SpoolTime.text(webhook.deadline)
        }
        accepted_at = SpoolTime.text(Int64(clamping: message.id.milliseconds))
        bytes = message.bodyBytes
        recipients = states
        next_attempt_at = message.recipients.filter { !$0.state.isFinal }.compactMap(\.nextAttemptAt).min()
            .map(SpoolTime.text)
    }
}

extension OpenMessage {
    var bodyBytes: Int {
        if case .mail(let mail) = entry { mail.bodyBytes } else { 0 }
    }

    /// The domain of a recipient, or the host of an endpoint.
    func destination(_ index: Int) -> String {
        switch entry {
        case .mail(let mail): return MailEntry.domain(of: mail.address(UInt16(clamping: index)))
        case .webhook(let webhook):
            let rest = webhook.url.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: true)
            guard rest.count > 1 else { return webhook.url }
            return String(rest[1].prefix { $0 != "/" && $0 != "?" }).lowercased()
        }
    }
}

extension RecipientState {
    /// What the tools call it: nothing is being sent by a node that does not run.
    var spoolWord: String { self == .sending ? "in_flight" : rawValue }

    static var spoolWords: [String] { allCases.map(\.spoolWord) }
}
