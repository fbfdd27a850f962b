import FoundationEssentials
import NodeProtocol

// What nodes say of their queues, with times as the API prints them.

/// A restriction in force, and what it is imposed on.
struct RestrictionAnswer: Encodable, Sendable {
    let id: String
    let origin: String
    let rule: String?
    let lane: String?
    let tenant: TenantID?
    let destination: String?
    let limits: DestinationLimits?
    let reason: String
    let evidence: String?
    let since: Date
    @OrNull var until: Date?
    let isCancelled: Bool

    init(_ view: RestrictionView) {
        id = view.id
        origin = view.origin.rawValue
        rule = view.rule
        lane = view.lane
        tenant = view.tenant
        destination = view.destination
        limits = view.limits
        reason = view.reason
        evidence = view.evidence
        since = Date(milliseconds: view.since)
        _until = OrNull(wrappedValue: view.until.map { Date(milliseconds: $0) })
        isCancelled = view.isCancelled
    }
}

/// A lane as it stands on one node.
struct LaneAnswer: Encodable, Sendable {
    let lane: String
    let transport: String
    let source: String
    let destination: String
    let provider: String
    let counts: QueueCounts
    let tenants: Int
    let connections: Int
    let inFlight: Int
    let connectionLimit: Int
    let maxMessagesPerConnection: Int
    let messagesPerSecond: Double?
    let spacingMilliseconds: Int64
    let adaptedSince: Date?
    let adaptedReason: String?
    let pausedUntil: Date?
    let restrictions: [RestrictionAnswer]
    let lastReply: String?

    init(_ view: LaneView) {
        lane = view.lane
        transport = view.transport
        source = view.source
        destination = view.destination
        provider = view.provider
        counts = view.counts
        tenants = view.tenants
        connections = view.connections
        inFlight = view.inFlight
        connectionLimit = view.connectionLimit
        maxMessagesPerConnection = view.maxMessagesPerConnection
        messagesPerSecond = view.messagesPerSecond
        spacingMilliseconds = view.spacingMilliseconds
        adaptedSince = view.adaptedSince.map { Date(milliseconds: $0) }
        adaptedReason = view.adaptedReason
        pausedUntil = view.pausedUntil.map { Date(milliseconds: $0) }
        restrictions = view.restrictions.map { RestrictionAnswer($0) }
        lastReply = view.lastReply
    }
}

/// The lanes of one node that hold something.
struct LanesAnswer: Encodable, Sendable {
    let lanes: [LaneAnswer]
    let counts: QueueCounts
    let laneCount: Int

    init(_ list: LaneList) {
        lanes = list.lanes.map { LaneAnswer($0) }
        counts = list.counts
        laneCount = list.laneCount
    }
}

struct RestrictionsAnswer: Encodable, Sendable {
    let restrictions: [RestrictionAnswer]

    init(_ list: RestrictionList) { restrictions = list.restrictions.map { RestrictionAnswer($0) } }
}

/// Why a message still waits, by the node that holds it.
struct ExplanationAnswer: Encodable, Sendable {
    struct Item: Encodable, Sendable {
        let recipients: [String]
        let state: String
        let waitsFor: String
        let sentence: String
        let restriction: RestrictionAnswer?
        let attempts: Int
        @OrNull var nextAttemptAt: Date?
        let deadline: Date
        let place: Int?
        let tenantsInLane: Int
        let lastReply: String?
        let lane: LaneAnswer

        init(_ item: MessageExplanation.Item) {
            recipients = item.recipients
            state = item.state
            waitsFor = item.waitsFor
            sentence = item.sentence
            restriction = item.restriction.map { RestrictionAnswer($0) }
            attempts = item.attempts
            _nextAttemptAt = OrNull(wrappedValue: item.nextAttemptAt.map { Date(milliseconds: $0) })
            deadline = Date(milliseconds: item.deadline)
            place = item.place
            tenantsInLane = item.tenantsInLane
            lastReply = item.lastReply
            lane = LaneAnswer(item.lane)
        }
    }

    let id: MessageID
    let tenant: TenantID
    let node: Int
    let items: [Item]

    init(_ explanation: MessageExplanation, node: Int) {
        id = explanation.id
        tenant = explanation.tenant
        self.node = node
        items = explanation.items.map { Item($0) }
    }
}

extension Date {
    /// - Parameter milliseconds: since 1970.
    fileprivate init(milliseconds: Int64) {
        self.init(timeIntervalSince1970: Double(milliseconds) / 1000)
    }
}
