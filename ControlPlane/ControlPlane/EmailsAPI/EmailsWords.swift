import FoundationEssentials
import NodeProtocol

extension RecipientState {
    /// The word of the emails API.
    var emailsWord: String {
        switch self {
        case .scheduled: "scheduled"
        case .queued, .deferred: "queued"
        case .sending: "delivering"
        case .delivered: "delivered"
        case .bounced: "bounced"
        case .expired, .failed, .suppressed: "failed"
        case .cancelled: "cancelled"
        }
    }

    /// The word of Resend's `last_event`.
    var lastEventWord: String {
        switch self {
        case .scheduled: "scheduled"
        case .queued: "queued"
        case .sending: "sent"
        case .deferred: "delivery_delayed"
        case .delivered: "delivered"
        case .bounced: "bounced"
        case .expired, .failed: "failed"
        case .cancelled: "canceled"
        case .suppressed: "suppressed"
        }
    }

    /// The states that words of the emails API mean, which may be none: no message stays `sent`. Nil when
    /// there is no word, or one of them is none of its words.
    static func emailsStates(_ words: String) -> [String]? {
        var states: [String] = []
        let all = words.split(separator: ",")
        if all.isEmpty { return nil }
        for word in all where word != "sent" {
            guard let meant = Self.states(String(word), by: \.emailsWord) else { return nil }
            states += meant
        }
        return states
    }
}
