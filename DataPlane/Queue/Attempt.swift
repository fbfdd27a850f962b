import NodeProtocol

/// One attempt to deliver an item, on one connection of its lane. Every attempt that the queue gives out must
/// come back by `finish`, and its slot by `release` once the connection takes no more.
package struct Attempt: Sendable {
    package let id: MessageID
    /// Whoever makes the attempt may leave out those who need it no more.
    package var recipients: RecipientIndexes
    package let tenant: TenantID
    package let stream: MessageStream
    /// Of all its recipients; empty for a webhook.
    package let domain: String
    package let lane: LaneKey
    /// The row of the table of limits that holds in the lane: for mail the provider's id.
    package let policyID: String
    package let maxMessagesPerConnection: Int
    /// 1 for the first.
    package let number: UInt16
    package let deadline: Timestamp
    package let bytes: UInt32
    package let slot: SlotID
    let entry: UInt32
    let generation: UInt32
}

/// How an attempt ended, as far as the queue cares.
package enum AttemptResult: Hashable, Sendable {
    /// Every recipient has its final state.
    case done
    /// These recipients (nil: all of them) are to be tried again, at a given time or by the retry schedule.
    case retry(at: Timestamp?, recipients: RecipientIndexes?)
    /// The destination could not be reached at all: the item is tried again by its schedule and the lane
    /// pauses, for the given time or by its own growing pauses.
    case laneFailed(retryAfterMilliseconds: Int64?)
}

/// What became of the item of a finished attempt.
package enum Finished: Hashable, Sendable {
    case removed
    case waiting(until: Timestamp)
    case held
    /// It was cancelled while the attempt was in flight: these recipients are withdrawn now, and handed out
    /// by `takeExpired`.
    case cancelled(RecipientIndexes)
    /// Its time or its attempts are used up; `takeExpired` hands it out.
    case expired
    /// The queue does not know this attempt (any more).
    case unknown

    /// Whether `takeExpired` hands the item out.
    package var isWithdrawn: Bool {
        switch self {
        case .cancelled, .expired: true
        case .removed, .waiting, .held, .unknown: false
        }
    }
}

/// An item that left the queue unfinished.
package struct Withdrawn: Hashable, Sendable {
    package enum Reason: Hashable, Sendable {
        case deadline
        case attemptsUsedUp
        case cancelled
    }

    package let id: MessageID
    package var recipients: RecipientIndexes
    package let tenant: TenantID
    package let lane: LaneKey
    package let attempts: UInt16
    package let reason: Reason
    /// The last reply that a finish brought, when it is still remembered.
    package let lastReply: String?
}
