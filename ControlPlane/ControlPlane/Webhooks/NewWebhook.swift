import Crypto
import HTTP
import HTTPClient

/// An endpoint as a caller registers it, checked.
struct NewWebhook: Decodable, Sendable {
    static let events = [
        "sent", "delivered", "bounced", "complained", "deferred", "opened", "clicked", "unsubscribed",
        "domain.verified", "domain.at_risk", "domain.lost", "domain.recovered",
    ]
    static let maxURLBytes = 2048

    let url: String
    let events: [String]
    let secret: String?
    let description: String?

    struct Checked: Sendable {
        let url: String
        let events: [String]
        let secret: String
        /// Whether we made the secret, so that the caller has not seen it yet.
        let secretIsNew: Bool
        let description: String
    }

    /// - Throws: 400 with the path of the field.
    func checked(_ egressGuard: EgressGuard) throws(APIError) -> Checked {
        try Self.check(url: url, egressGuard)
        let events = try Self.checked(events: events)
        if let secret { try Self.check(secret: secret) }
        try Self.check(description: description ?? "")
        return Checked(
            url: url, events: events, secret: secret ?? Self.newSecret(), secretIsNew: secret == nil,
            description: description ?? "")
    }

    static func newSecret() -> String { "whsec_\(Base64.encode(SecureRandom.bytes(24)))" }

    /// The events in the order in which they are shown, each once.
    ///
    /// - Throws: 400 with the path of the field.
    static func checked(events: [String]) throws(APIError) -> [String] {
        guard !events.isEmpty else { throw .invalid("events", "must name at least one event") }
        for (index, event) in events.enumerated() where !Self.events.contains(event) {
            throw .invalid("events[\(index)]", "must be one of \(Self.events.joined(separator: ", "))")
        }
        return Self.events.filter(Set(events).contains)
    }

    static func check(description: String) throws(APIError) {
        guard description.count <= 500 else {
            throw .invalid("description", "must have at most 500 characters")
        }
    }

    /// A name is judged by the node when it connects, again and again; an address can be judged now.
    static func check(url: String, _ egressGuard: EgressGuard) throws(APIError) {
        guard url.utf8.count <= maxURLBytes else {
            throw .invalid("url", "must have at most \(maxURLBytes) bytes")
        }
        let parsed: HTTPURL
        do { parsed = try HTTPURL(url) } catch {
            throw .invalid("url", "must be an absolute http or https URL without a user name")
        }
        guard let address = parsed.address, case .blocked(let kind) = egressGuard.judge(address) else {
            return
        }
        throw .invalid("url", "leads to an address that may not be reached (\(kind))")
    }

    /// Standard Webhooks: what begins with `whsec_` is base64 of 24 to 64 bytes; any other text is its bytes.
    private static func check(secret: String) throws(APIError) {
        guard (8...256).contains(secret.utf8.count) else {
            throw .invalid("secret", "must have 8 to 256 bytes")
        }
        guard secret.hasPrefix("whsec_") else { return }
        guard let bytes = Base64.decode(String(secret.dropFirst(6))), (24...64).contains(bytes.count) else {
            throw .invalid("secret", "begins with whsec_ and is not base64 of 24 to 64 bytes")
        }
    }
}
