/// What a bounce, or another notice of delivery, says: for each recipient what became of the message, and of
/// which message it tells (RFC 3464; RFC 6533 for addresses in UTF-8).
package struct DeliveryStatusReport: Hashable, Sendable {
    package static let maxRecipients = 100
    package static let maxDiagnosticBytes = 2_000

    /// RFC 3464 §2.3.3.
    package enum Action: String, Hashable, Sendable, CaseIterable, Codable {
        case failed, delayed, delivered, relayed, expanded
    }

    package struct Recipient: Hashable, Sendable {
        /// Whom the report names, the one that we wrote to first where both are told; maybe nobody.
        package var addresses: [String]
        package var action: Action
        /// Such as `5.1.1`.
        package var status: String?
        /// The reply code that the diagnostic quotes, 400–599.
        package var code: Int?
        /// In the words of the host; may be empty.
        package var diagnostic: String
        /// The host that refused, where it is named.
        package var remoteHost: String?

        init(
            addresses: [String], action: Action, status: String? = nil, diagnostic: String = "",
            remoteHost: String? = nil
        ) {
            let diagnostic = String(
                decoding: diagnostic.utf8.prefix(DeliveryStatusReport.maxDiagnosticBytes), as: UTF8.self)
            let codes = ReplyCodes(diagnostic)
            self.addresses = addresses
            self.action = action
            self.status = status ?? codes.status
            code = codes.code
            self.diagnostic = diagnostic
            self.remoteHost = remoteHost
        }
    }

    package var recipients: [Recipient]
    package var reportingHost: String?
    /// As written.
    package var arrivalDate: String?
    /// What the sender gave as ENVID.
    package var envelopeID: String?
    package var original: ReportedMessage
    /// Whether it was written for machines, and not in one of the many older forms.
    package var isStandard: Bool
}
