import FoundationEssentials
import NodeProtocol

@testable import Queue

extension Timestamp: ExpressibleByIntegerLiteral {
    public init(integerLiteral value: Int64) { self.init(milliseconds: value) }
}

extension Timestamp {
    static func + (left: Self, right: Int64) -> Self { left.advanced(byMilliseconds: right) }
}

func tenant(_ number: Int) -> TenantID {
    let high = UInt8(truncatingIfNeeded: number >> 8)
    let low = UInt8(truncatingIfNeeded: number)
    return TenantID(UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, high, low)))
}

func message(_ number: Int) -> MessageID {
    MessageID(milliseconds: 1_000, node: 1, random: (0, UInt64(number)))
}

func mailLane(_ destination: String) -> LaneKey {
    LaneKey(transport: .smtp, source: "default", destination: destination)
}

/// An item that is due at once and lives for an hour, unless it is told otherwise.
func item(
    _ number: Int, tenant owner: Int = 1, lane: LaneKey = mailLane("a.example"), due: Timestamp = 0,
    deadline: Timestamp = 3_600_000, stream: MessageStream = .transactional,
    recipients: RecipientIndexes = [0],
    attempts: UInt16 = 0, bytes: UInt32 = 1_000
) -> QueueItem {
    QueueItem(
        id: message(number), recipients: recipients, tenant: tenant(owner), stream: stream, lane: lane,
        due: due,
        deadline: deadline, attempts: attempts, bytes: bytes)
}

/// A queue in which every lane has these limits.
func queue(_ limits: LaneLimits = LaneLimits(maxConnections: 1_000)) -> MessageQueue {
    let every = LanePolicy(id: "test", destinations: [DestinationPattern("*")], limits: limits)
    return MessageQueue(
        policies: LanePolicyTable(policies: [], mailDefault: every, webhookDefault: every, lookup: every),
        seed: 1)
}

extension MessageQueue {
    /// The numbers of the messages that start now.
    mutating func started(now: Timestamp, limit: Int = 1_000) -> [Attempt] {
        startable(now: now, limit: limit)
    }

    mutating func finishAll(_ attempts: [Attempt], now: Timestamp) {
        for attempt in attempts {
            _ = finish(attempt, result: .done, now: now)
            release(attempt.slot, now: now)
        }
    }
}
