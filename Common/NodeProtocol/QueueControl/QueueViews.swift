/// Recipients by state. All times beside are milliseconds since 1970.
package struct QueueCounts: Codable, Sendable, Equatable {
    package var scheduled: Int
    package var queued: Int
    package var sending: Int
    package var deferred: Int
    package var held: Int

    package init(scheduled: Int = 0, queued: Int = 0, sending: Int = 0, deferred: Int = 0, held: Int = 0) {
        self.scheduled = scheduled
        self.queued = queued
        self.sending = sending
        self.deferred = deferred
        self.held = held
    }
}

/// A restriction in force, or one of a rule that an operator has cancelled before its time.
package struct RestrictionView: Codable, Sendable, Equatable {
    package enum Origin: String, Codable, Sendable {
        case `operator`, rule
        /// A source in its warm-up that has sent what it may today.
        case warmUp = "warm_up"
    }

    package var id: String
    package var origin: Origin
    /// The id of the rule or of the warm-up plan.
    package var rule: String?
    /// One of these, or a tenant on a destination; all nil: everything.
    package var lane: String?
    package var tenant: TenantID?
    package var destination: String?
    /// Nil: nothing starts.
    package var limits: DestinationLimits?
    package var reason: String
    /// The reply that brought it about.
    package var evidence: String?
    package var since: Int64
    /// Nil: until it is resumed.
    package var until: Int64?
    /// Cancelled by an operator: it has no effect, and keeps the rule from coming back until `until`.
    package var isCancelled: Bool

    package init(
        id: String, origin: Origin, rule: String? = nil, lane: String? = nil, tenant: TenantID? = nil,
        destination: String? = nil, limits: DestinationLimits? = nil, reason: String, evidence: String? = nil,
        since: Int64, until: Int64? = nil, isCancelled: Bool = false
    ) {
        self.id = id
        self.origin = origin
        self.rule = rule
        self.lane = lane
        self.tenant = tenant
        self.destination = destination
        self.limits = limits
        self.reason = reason
        self.evidence = evidence
        self.since = since
        self.until = until
        self.isCancelled = isCancelled
    }
}

package struct RestrictionList: Codable, Sendable, Equatable {
    package var restrictions: [RestrictionView]
    package init(restrictions: [RestrictionView]) { self.restrictions = restrictions }
}

/// A lane as it stands: what it holds, what it may do, and why.
package struct LaneView: Codable, Sendable, Equatable {
    package var lane: String
    /// `smtp`, `webhook`, or `lookup` for messages whose hosts are being looked up.
    package var transport: String
    package var source: String
    package var destination: String
    /// The provider whose limits hold.
    package var provider: String
    package var counts: QueueCounts
    package var tenants: Int
    package var connections: Int
    package var inFlight: Int
    /// In force now: the provider's, narrowed by restrictions and by what the destination has said.
    package var connectionLimit: Int
    package var maxMessagesPerConnection: Int
    package var messagesPerSecond: Double?
    /// Between starts, because the destination asked for less.
    package var spacingMilliseconds: Int64
    /// When and why the lane's own limit was last lowered.
    package var adaptedSince: Int64?
    package var adaptedReason: String?
    /// The destination could not be reached: tried again then.
    package var pausedUntil: Int64?
    package var restrictions: [RestrictionView]
    package var lastReply: String?

    package init(
        lane: String, transport: String, source: String, destination: String, provider: String,
        counts: QueueCounts, tenants: Int, connections: Int, inFlight: Int, connectionLimit: Int,
        maxMessagesPerConnection: Int, messagesPerSecond: Double? = nil, spacingMilliseconds: Int64 = 0,
        adaptedSince: Int64? = nil, adaptedReason: String? = nil, pausedUntil: Int64? = nil,
        restrictions: [RestrictionView] = [], lastReply: String? = nil
    ) {
        self.lane = lane
        self.transport = transport
        self.source = source
        self.destination = destination
        self.provider = provider
        self.counts = counts
        self.tenants = tenants
        self.connections = connections
        self.inFlight = inFlight
        self.connectionLimit = connectionLimit
        self.maxMessagesPerConnection = maxMessagesPerConnection
        self.messagesPerSecond = messagesPerSecond
        self.spacingMilliseconds = spacingMilliseconds
        self.adaptedSince = adaptedSince
        self.adaptedReason = adaptedReason
        self.pausedUntil = pausedUntil
        self.restrictions = restrictions
        self.lastReply = lastReply
    }
}

/// The lanes that hold something, the fullest first.
package struct LaneList: Codable, Sendable, Equatable {
    package var lanes: [LaneView]
    /// Of all lanes, those that are not in the list included.
    package var counts: QueueCounts
    package var laneCount: Int

    package init(lanes: [LaneView], counts: QueueCounts, laneCount: Int) {
        self.lanes = lanes
        self.counts = counts
        self.laneCount = laneCount
    }
}

/// Why a message still waits: one item for each group of recipients that waits for the same thing.
package struct MessageExplanation: Codable, Sendable, Equatable {
    package struct Item: Codable, Sendable, Equatable {
        package var recipients: [String]
        /// `scheduled`, `queued`, `sending`, `deferred` or `held`.
        package var state: String
        /// A stable word: `lookup`, `sending`, `time`, `held`, `turn`, `restriction`, `paused`, `rate`,
        /// `spacing`, `connections`, `in_flight`, `warm_up` or `node`.
        package var waitsFor: String
        /// The same as a sentence, with the limit or rule in it.
        package var sentence: String
        package var restriction: RestrictionView?
        package var attempts: Int
        /// The earliest time of the next attempt, as far as that is known.
        package var nextAttemptAt: Int64?
        package var deadline: Int64
        /// 1 for the next of its tenant and stream in this lane.
        package var place: Int?
        package var tenantsInLane: Int
        package var lastReply: String?
        package var lane: LaneView

        package init(
            recipients: [String], state: String, waitsFor: String, sentence: String,
            restriction: RestrictionView? = nil, attempts: Int, nextAttemptAt: Int64? = nil, deadline: Int64,
            place: Int? = nil, tenantsInLane: Int, lastReply: String? = nil, lane: LaneView
        ) {
            self.recipients = recipients
            self.state = state
            self.waitsFor = waitsFor
            self.sentence = sentence
            self.restriction = restriction
            self.attempts = attempts
            self.nextAttemptAt = nextAttemptAt
            self.deadline = deadline
            self.place = place
            self.tenantsInLane = tenantsInLane
            self.lastReply = lastReply
            self.lane = lane
        }
    }

    package var id: MessageID
    package var tenant: TenantID
    package var items: [Item]

    package init(id: MessageID, tenant: TenantID, items: [Item]) {
        self.id = id
        self.tenant = tenant
        self.items = items
    }
}
