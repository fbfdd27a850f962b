import HTTP
import NodeProtocol

extension RecipientState {
    /// The word of the Messages API.
    var messagesWord: String {
        switch self {
        case .scheduled: "scheduled"
        case .queued, .deferred: "queued"
        case .sending: "sent"
        case .delivered: "delivered"
        case .bounced: "bounced"
        case .expired, .failed, .suppressed: "failed"
        case .cancelled: "cancelled"
        }
    }
}

/// The words of the Messages API.
enum MessageWords {
    /// Of messages; `pending` is before they are accepted, and `sent` is while an attempt is under way, which
    /// its node alone knows: no message of the log has either.
    static let statuses = [
        "pending", "scheduled", "queued", "sent", "delivered", "bounced", "failed", "cancelled",
    ]

    /// The same for the document of the list.
    static let filterText =
        statuses.joined(separator: ", ")
        + "; several by commas. No message of the log is `pending` or `sent`: until an attempt has ended it "
        + "is `queued`."

    static let events = [
        "queued", "sent", "delivered", "deferred", "bounced", "failed", "cancelled", "rescheduled", "opened",
        "clicked", "complained", "unsubscribed",
    ]

    /// The states that these words mean, which are separated by commas.
    static func states(_ words: String) throws(APIError) -> [String] {
        let asked = words.split(separator: ",").map(String.init)
        guard !asked.isEmpty, asked.allSatisfy(statuses.contains) else {
            throw .invalid("status", "must be one or more of \(statuses.joined(separator: ", "))")
        }
        return RecipientState.allCases.filter { asked.contains($0.messagesWord) }.map(\.rawValue)
    }

    /// What an event is called; nil for one that is not told.
    static func event(_ kind: EventKind) -> String? {
        switch kind {
        case .accepted: "queued"
        case .attempted: "sent"
        case .expired, .failed, .suppressed: "failed"
        case .delivered, .deferred, .bounced, .cancelled, .complained, .opened, .clicked, .unsubscribed,
            .rescheduled:
            kind.rawValue
        case .webhookAttempted: nil
        }
    }
}
