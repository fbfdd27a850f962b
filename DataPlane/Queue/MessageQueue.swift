import NodeProtocol

/// Decides which attempt is next: order, fairness, throttles, retry times, deadlines. It does nothing else:
/// no clock, no randomness, no I/O. One loop owns it, keeps it as a stored property of a class and hands in
/// the time.
///
/// - A **lane** is everything that leaves by one transport, from one source, to one destination. It has
///   limits (connections, attempts in flight, rate), narrowed by restrictions and adapted by what the
///   destination says.
/// - Inside a lane tenants take turns (deficit round robin, the cost being recipients and size), so a tenant
///   with a million waiting messages delays another by one turn. Inside a tenant transactional goes before
///   bulk, but every eighth start is bulk's when both wait.
/// - Every item has one exact timer: its due time or its deadline. An item whose deadline passes leaves in
///   whatever state it is (in flight: when its attempt is back without success) and is handed out once.
/// - Lanes that can start something are in a ring, so starting never looks at the others.
///
/// All operations are O(1) but for those that say otherwise. Memory: about 110 bytes for an item with one
/// recipient. Times that are handed in must not go back; an earlier one counts as the latest that was seen.
///
/// It cannot be copied: a copy would be a mistake, and asking a copyable one that is a class's property
/// retains each of its tables.
package struct MessageQueue: ~Copyable, Sendable {
    /// Timers handled in one call, so that a million items of one moment cannot hold up the loop.
    static let maxTimerStepsPerCall = 1_000

    var entries = Table<Entry>()
    var entriesByMessage = MessageIndex()
    /// The recipients of entries that have several.
    var recipientLists: [UInt32: [UInt16]] = [:]
    var replies = SharedTexts(maxTextBytes: SharedTexts.maxReplyBytes, maxTexts: 20_000)
    /// The domains of the recipients of waiting mail.
    var domains = SharedTexts(maxTextBytes: 1_000, maxTexts: Int(noRow))
    var entryTimers = TimerWheel()

    var flows = Table<Flow>()
    /// Key: lane row in the upper half, tenant row in the lower.
    var flowsByLaneAndTenant: [UInt64: UInt32] = [:]
    var tenants = Table<TenantRow>()
    var tenantsByID: [TenantID: UInt32] = [:]

    var lanes = Table<Lane>()
    var lanesByKey: [LaneKey: UInt32] = [:]
    /// The end of what holds a lane back for a time: pause, rate, spacing; or of what it remembers.
    var laneTimers = TimerWheel()
    /// The lane whose turn it is to start something.
    var offeredHead = noRow

    var slots: [UInt32: UInt32] = [:]
    var nextSlotSerial: UInt32 = 0
    var nextGeneration: UInt32 = 0

    var policies: LanePolicyTable
    let mailSchedule: RetrySchedule
    let webhookSchedule: RetrySchedule
    var restrictionSet = RestrictionSet()
    /// Tenants that may not send, as the control plane says.
    var inactiveTenants: Set<TenantID> = []
    /// By lane.
    var parkings: [UInt32: Parking] = [:]
    var random: SeededGenerator
    var clock = Timestamp.zero
    var expired: [Withdrawn] = []

    /// - Parameter seed: of the random part of retry times.
    package init(
        policies: LanePolicyTable = .builtIn, mailSchedule: RetrySchedule = .mail,
        webhookSchedule: RetrySchedule = .webhook, seed: UInt64
    ) {
        self.policies = policies
        self.mailSchedule = mailSchedule
        self.webhookSchedule = webhookSchedule
        random = SeededGenerator(seed: seed)
    }

    /// Items in the queue, those in flight included.
    package var count: Int { entries.count }

    /// Lanes that have items, connections, or something to remember.
    package var laneCount: Int { lanes.count }

    /// Attempts in flight.
    package internal(set) var inFlightCount = 0

    /// Takes an item in. It may be due at once, or already past its deadline: then `takeExpired` hands it
    /// out. An item without recipients is not taken.
    package mutating func add(_ item: QueueItem, now: Timestamp) {
        guard let first = item.recipients.first else { return }
        let now = tick(now)
        let flow = flowFor(tenant: item.tenant, lane: item.lane)
        nextGeneration = nextGeneration == UInt32.max ? 1 : nextGeneration + 1
        let row = entries.insert(
            Entry(
                id: item.id, due: item.due, deadline: item.deadline, bytes: item.bytes, flow: flow,
                generation: nextGeneration, recipient: first,
                recipientCount: UInt16(clamping: item.recipients.count), attempts: item.attempts,
                state: .free,
                flags: item.stream == .bulk ? .bulk : []))
        if !item.domain.isEmpty { entries[row].domain = domains.use(item.domain) }
        if item.recipients.count > 1 { recipientLists[row] = Array(item.recipients) }
        entries[row].sibling = entriesByMessage.set(row, for: item.id, in: entries)
        appendToFlow(row)
        settle(row, now: now)
    }

    /// The latest time that was handed in.
    mutating func tick(_ now: Timestamp) -> Timestamp {
        if now > clock { clock = now }
        return clock
    }

    /// Puts an entry that is in no list into the state that its times ask for.
    mutating func settle(_ row: UInt32, now: Timestamp) {
        if entries[row].deadline <= now {
            withdrawExpired(row, reason: .deadline)
        } else if entries[row].due <= now {
            makeReady(row, now: now)
        } else {
            setState(row, .waiting)
            entryTimers.arm(row, at: min(entries[row].due, entries[row].deadline))
        }
    }

    mutating func makeReady(_ row: UInt32, atHead: Bool = false, now: Timestamp) {
        setState(row, .ready)
        entryTimers.arm(row, at: entries[row].deadline)
        if atHead { prependReady(row) } else { appendReady(row) }
        let flow = entries[row].flow
        enterRing(flow)
        offer(flows[flow].lane, now: now)
    }

    /// The recipients of an entry.
    func recipients(of row: UInt32) -> RecipientIndexes {
        if entries[row].recipientCount == 1 { return RecipientIndexes(entries[row].recipient) }
        return RecipientIndexes(recipientLists[row] ?? [])
    }
}
