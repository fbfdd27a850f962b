/// Where one recipient of a message is: one word everywhere inside, which each dialect translates at its
/// door.
package enum RecipientState: String, Codable, Sendable, CaseIterable {
    case scheduled, queued, sending, deferred
    case delivered, bounced, expired, failed, cancelled, suppressed

    package var isFinal: Bool {
        switch self {
        case .scheduled, .queued, .sending, .deferred: false
        case .delivered, .bounced, .expired, .failed, .cancelled, .suppressed: true
        }
    }

    /// The order in which a message takes its state from its recipients: the worst wins. A recipient who was
    /// left out says least of all: only a message that went to nobody is `suppressed`.
    package var badness: Int {
        switch self {
        case .scheduled: 0
        case .sending: 1
        case .queued: 2
        case .deferred: 3
        case .suppressed: 0
        case .delivered: 1
        case .cancelled: 2
        case .expired: 3
        case .failed: 4
        case .bounced: 5
        }
    }
}
