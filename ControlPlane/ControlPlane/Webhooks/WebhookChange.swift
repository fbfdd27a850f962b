import HTTP
import HTTPClient

/// What a caller wants changed of an endpoint; what is left out stays.
struct WebhookChange: Decodable, Sendable {
    /// The reason of an endpoint that its owner switched off.
    static let reason = "Disabled by its owner."

    let url: String?
    let events: [String]?
    let description: String?
    let status: String?

    /// A change that every check has passed.
    struct Checked: Sendable {
        let url: String?
        let events: [String]?
        let description: String?
        let isEnabled: Bool?

        /// What is changed, for the audit log.
        var names: [String] {
            [
                url == nil ? nil : "url", events == nil ? nil : "events",
                description == nil ? nil : "description", isEnabled == nil ? nil : "status",
            ].compactMap { $0 }
        }
    }

    /// - Throws: 400 with the path of the field.
    func checked(_ egressGuard: EgressGuard) throws(APIError) -> Checked {
        if let url { try NewWebhook.check(url: url, egressGuard) }
        if let description { try NewWebhook.check(description: description) }
        guard status == nil || status == "active" || status == "disabled" else {
            throw .invalid("status", "must be active or disabled")
        }
        var inOrder: [String]?
        if let events { inOrder = try NewWebhook.checked(events: events) }
        return Checked(
            url: url, events: inOrder, description: description, isEnabled: status.map { $0 == "active" })
    }
}
