import NodeProtocol

/// Which of a tenant's two streams a message belongs to: transactional goes first, bulk is never starved.
package enum MessageStream: UInt8, Hashable, Sendable {
    case transactional
    case bulk
}

/// What the queue needs to know of a waiting message: those of its recipients that share one domain.
///
/// A message has as many items as its recipients have domains; after a restart it may have several for one,
/// when its recipients wait for different times.
package struct QueueItem: Hashable, Sendable {
    package var id: MessageID
    package var recipients: RecipientIndexes
    package var tenant: TenantID
    package var stream: MessageStream
    /// What stands behind the `@` of all its recipients; empty for a webhook.
    package var domain: String
    package var lane: LaneKey
    /// Not to be attempted before.
    package var due: Timestamp
    /// Given up from here on, in whatever state it is.
    package var deadline: Timestamp
    /// Attempts made so far, those of an earlier run included.
    package var attempts: UInt16
    /// Size of the message, for fair shares; capped at 4 GiB.
    package var bytes: UInt32

    package init(
        id: MessageID, recipients: RecipientIndexes, tenant: TenantID, stream: MessageStream,
        domain: String = "", lane: LaneKey,
        due: Timestamp, deadline: Timestamp, attempts: UInt16 = 0, bytes: UInt32 = 0
    ) {
        self.id = id
        self.recipients = recipients
        self.tenant = tenant
        self.stream = stream
        self.domain = domain
        self.lane = lane
        self.due = due
        self.deadline = deadline
        self.attempts = attempts
        self.bytes = bytes
    }
}

/// The state of an item inside the queue. Terminal states are not here: what is finished has left.
package enum QueueState: UInt8, Hashable, Sendable, CaseIterable {
    /// Waits for its first time.
    case scheduled
    /// Due; waits for its turn.
    case queued
    /// An attempt is in flight.
    case sending
    /// An attempt failed for now; waits for the next.
    case deferred
    /// Kept back by an operator.
    case held
}
