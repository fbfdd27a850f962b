import FoundationEssentials

/// What the control plane hands to a node when a message of the log is to be sent again: the message as it
/// was kept, and what the log knows of it. A node takes it from a request that a plane signed, and from no
/// other; the caller's own credentials come with it and decide what he may.
package struct KeptEmail: Codable, Sendable {
    package var original: String
    package var to: [String]
    package var cc: [String]
    package var bcc: [String]
    package var message: Data
    /// `KeptMessage.Again`, as it was kept beside the message; nil for what an earlier version kept.
    package var again: Data?
    package var is_composed: Bool
    package var is_test: Bool
    package var tags: [String]
    package var metadata: [String: String]
    package var track_opens: Bool
    package var track_clicks: Bool
    package var offers_unsubscribe: Bool

    package init(original: String, to: [String], cc: [String], bcc: [String], message: Data) {
        self.original = original
        self.to = to
        self.cc = cc
        self.bcc = bcc
        self.message = message
        is_composed = false
        is_test = false
        tags = []
        metadata = [:]
        track_opens = false
        track_clicks = false
        offers_unsubscribe = false
    }
}
