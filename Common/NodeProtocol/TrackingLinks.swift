/// The links of one message's copies: where they lead, and the tokens in them.
///
/// `<base>/t/o/<token>.gif` tells of an open, `<base>/t/c/<token>` of a click, `<base>/u/<token>` is the page
/// to unsubscribe at. Letters, digits, `-`, `_`, `.`, `/` and `:` are all that is in one, so it can stand in
/// any kind of quotes, or without, and in a header.
package struct TrackingLinks: Sendable {
    package static let openPath = "/t/o/"
    package static let clickPath = "/t/c/"
    package static let unsubscribePath = "/u/"
    /// A link that leads further stays as it is: with the longest address its token would pass
    /// `TrackingTokens.maxTokenBytes`.
    package static let maxTargetBytes = 4 * 1024

    /// Without a slash at its end.
    package let base: String
    package let message: MessageID
    /// Whether the message is captured mail.
    package var isTest = false
    private let tokens: TrackingTokens
    private let tenant: TenantID

    package init(base: String, tokens: TrackingTokens, tenant: TenantID, message: MessageID) {
        self.base = base
        self.tokens = tokens
        self.tenant = tenant
        self.message = message
    }

    /// The image that a reader's client fetches; nil when the address is too long for a token.
    package func open(_ recipient: String) -> String? {
        token(.open, recipient).map { "\(base)\(Self.openPath)\($0).gif" }
    }

    /// - Parameter target: where a click leads.
    package func click(_ recipient: String, target: String) -> String? {
        token(.click, recipient, target).map { "\(base)\(Self.clickPath)\($0)" }
    }

    package func unsubscribe(_ recipient: String) -> String? {
        token(.unsubscribe, recipient).map { "\(base)\(Self.unsubscribePath)\($0)" }
    }

    private func token(_ act: TrackingClaim.Act, _ recipient: String, _ target: String? = nil) -> String? {
        tokens.token(
            TrackingClaim(
                act, tenant: tenant, message: message, recipient: recipient, target: target, isTest: isTest))
    }
}

extension Snapshot {
    /// What makes the links of a message; nil while the control plane has given no key, or no place for links
    /// to lead to.
    ///
    /// - Parameter domain: the sender's, in A-labels.
    package func trackingLinks(
        of tenant: TenantRecord, domain: String, message: MessageID
    ) -> TrackingLinks? {
        guard let tracking, let base = trackingBase(of: tenant, domain: domain) else { return nil }
        return TrackingLinks(base: base, tokens: tracking, tenant: tenant.id, message: message)
    }

    /// The domain's own tracking host by the service's scheme, else where the service's links lead.
    private func trackingBase(of tenant: TenantRecord, domain: String) -> String? {
        var service = global.trackingBaseURL.flatMap { $0.isEmpty ? nil : $0 }
        while let text = service, text.hasSuffix("/") { service = String(text.dropLast()) }
        guard let host = tenant.domains.first(where: { $0.name == domain })?.trackingHost else {
            return service
        }
        return service?.hasPrefix("http://") == true ? "http://\(host)" : "https://\(host)"
    }
}
