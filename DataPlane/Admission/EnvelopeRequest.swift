import SMTPWire

/// What a client asked for with the envelope, beside the addresses: reports by mail (RFC 3461) and TLS (RFC
/// 8689). Most ask for nothing.
package struct EnvelopeRequest: Hashable, Sendable {
    /// `ENVID=`: comes back in reports.
    package var envelopeID: String?
    /// `RET=`: what a report of failure gives back.
    package var returnedContent: ReturnedContent?
    /// `REQUIRETLS`: verified TLS on the whole way, or a bounce.
    package var requiresTLS = false
    /// The header `TLS-Required: No`: what the recipient's domain publishes about TLS is not to stop this
    /// message (RFC 8689 §5). Never together with `requiresTLS`.
    package var ignoresTLSPolicy = false
    /// `NOTIFY=` and `ORCPT=`, one for each recipient in their order; empty when nobody has any.
    package var recipients: [RecipientParameters] = []

    package init() {}

    /// - Parameter recipients: one for each recipient.
    package init(_ parameters: MailParameters, recipients: [RecipientParameters]) {
        envelopeID = parameters.envelopeID
        returnedContent = parameters.returnedContent
        requiresTLS = parameters.requireTLS
        self.recipients = recipients.contains { $0 != RecipientParameters() } ? recipients : []
    }

    package var isEmpty: Bool { self == EnvelopeRequest() }

    /// The same for those of the recipients that are left.
    func keeping(_ places: [Int]) -> EnvelopeRequest {
        var kept = self
        kept.recipients = places.compactMap { recipients.indices.contains($0) ? recipients[$0] : nil }
        return kept
    }
}
