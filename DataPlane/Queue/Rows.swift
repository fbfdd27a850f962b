import NodeProtocol

/// The rows of the queue's tables name each other by index; this is the index of no row.
let noRow = UInt32.max

/// A waiting or sending item. 80 bytes: everything that can be found through another row is not repeated.
struct Entry: Sendable {
    enum State: UInt8, Sendable {
        case free
        /// Its timer runs to `due`, or to the deadline when that comes first.
        case waiting
        /// In one of its flow's two lists; its timer runs to the deadline.
        case ready
        case sending
        /// Handed out of the lane of lookups: it waits for an answer of the DNS.
        case lookup
        /// Its timer runs to the deadline.
        case held
    }

    var id: MessageID
    var due: Timestamp
    var deadline: Timestamp
    var bytes: UInt32
    var flow: UInt32
    /// Tells an attempt whether its entry is still the one that it was made from.
    var generation: UInt32
    /// Another entry of the same message.
    var sibling = noRow
    var readyPrevious = noRow
    var readyNext = noRow
    /// All entries of the flow, in the order in which they came.
    var flowPrevious = noRow
    var flowNext = noRow
    var reply = noRow
    /// Row of the domains' names.
    var domain = noRow
    /// The recipient when there is one; several are in a table beside.
    var recipient: UInt16
    var recipientCount: UInt16
    var attempts: UInt16
    var state: State
    var flags: Flags

    struct Flags: OptionSet, Sendable {
        let rawValue: UInt8
        static let bulk = Flags(rawValue: 1)
        static let cancelWhenBack = Flags(rawValue: 2)
        static let holdWhenBack = Flags(rawValue: 4)
        /// It went to the lane of lookups from the head of a line.
        static let wasInLine = Flags(rawValue: 8)
    }

    struct Streams: OptionSet, Sendable {
        let rawValue: UInt8
        static let transactional = Streams(rawValue: 1)
        static let bulk = Streams(rawValue: 2)

        init(rawValue: UInt8) { self.rawValue = rawValue }
        init(_ stream: MessageStream) { self = stream == .bulk ? .bulk : .transactional }
    }

    var stream: MessageStream { flags.contains(.bulk) ? .bulk : .transactional }

    var isHandedOut: Bool { state == .sending || state == .lookup }

    /// The state as it is told and counted.
    var told: QueueState {
        switch state {
        case .free, .ready, .lookup: .queued
        case .waiting: attempts == 0 ? .scheduled : .deferred
        case .sending: .sending
        case .held: .held
        }
    }
}

/// A list of ready entries, first in, first out.
struct ReadyList: Sendable {
    var head = noRow
    var tail = noRow
}

/// What one tenant has in one lane. Lives as long as it has entries.
struct Flow: Sendable {
    var lane: UInt32
    var tenant: UInt32
    var transactional = ReadyList()
    var bulk = ReadyList()
    /// Deficit round robin: served while positive, less the cost of what was served.
    var deficit: Int32 = 0
    /// Transactional starts in a row while bulk waited.
    var transactionalRun: UInt8 = 0
    var isInRing = false
    var isSuspended = false
    /// The streams that start nothing before the lane's parking ends.
    var parked = Entry.Streams()
    var ringPrevious = noRow
    var ringNext = noRow
    /// All flows of the tenant.
    var tenantPrevious = noRow
    var tenantNext = noRow
    /// All entries of the flow.
    var firstEntry = noRow
    var lastEntry = noRow
    var entryCount: UInt32 = 0
    /// Recipients by state.
    var counts = StateCounts()

    /// Whether something in one of its lists may start.
    var hasReady: Bool {
        transactional.head != noRow && !parked.contains(.transactional)
            || bulk.head != noRow && !parked.contains(.bulk)
    }
}

/// Recipients in each state.
package struct StateCounts: Hashable, Sendable {
    package var scheduled = 0
    package var queued = 0
    package var sending = 0
    package var deferred = 0
    package var held = 0

    package init() {}

    package var total: Int { scheduled + queued + sending + deferred + held }

    package subscript(state: QueueState) -> Int {
        get {
            switch state {
            case .scheduled: scheduled
            case .queued: queued
            case .sending: sending
            case .deferred: deferred
            case .held: held
            }
        }
        set {
            switch state {
            case .scheduled: scheduled = newValue
            case .queued: queued = newValue
            case .sending: sending = newValue
            case .deferred: deferred = newValue
            case .held: held = newValue
            }
        }
    }

    static func += (left: inout Self, right: Self) {
        for state in QueueState.allCases { left[state] += right[state] }
    }
}

/// A tenant that has entries.
struct TenantRow: Sendable {
    var id: TenantID
    var firstFlow = noRow
    var isSuspended = false
}

/// Why streams of a lane start nothing until a time: those who sent them there know.
struct Parking: Sendable {
    let since: Timestamp
    let until: Timestamp
    let reason: ParkingReason
    /// Rows that may have gone, or belong to others, by the time it ends.
    var flows: [UInt32]
}

/// A lane that has entries, connections, or something to remember.
struct Lane: Sendable {
    var key: LaneKey
    /// Row of the queue's list of policies.
    var policy: UInt32
    /// The policy's limits narrowed by the restrictions in force.
    var limits: LaneLimits
    var isSuspended = false
    var adaptation: Adaptation
    var rate = RateMeter()
    var entryCount: UInt32 = 0
    var flowCount: UInt32 = 0
    /// The flow whose turn it is.
    var ringHead = noRow
    var connections = 0
    var inFlight = 0
    var lastStart: Timestamp?
    var lastSuccess: Timestamp?
    var pausedUntil: Timestamp?
    /// Failures to reach the destination in a row.
    var failures: UInt16 = 0
    var lastReply: String?
    /// In the ring of lanes that can start something.
    var isOffered = false
    var offeredPrevious = noRow
    var offeredNext = noRow

    init(key: LaneKey, policy: UInt32, limits: LaneLimits) {
        self.key = key
        self.policy = policy
        self.limits = limits
        adaptation = Adaptation(startConnections: limits.startConnections)
    }

    var connectionLimit: Int { min(adaptation.connections, limits.maxConnections) }
}
