/// How mail is delivered; immutable after start.
package struct DeliverySettings: Sendable {
    /// The name in EHLO: has an address record, and that address a PTR record back.
    package var clientName: String
    package var timeouts = SMTPTimeouts()
    /// Addresses that are tried in one attempt.
    package var maxCandidatesPerAttempt = 6
    /// Recipients in one transaction; what goes beyond is sent in further ones. RFC 5321 §4.5.3.1.8 has hosts
    /// take 100.
    package var maxRecipientsPerTransaction = 100
    /// How long a host whose STARTTLS failed is talked to in plain text.
    package var brokenTLSTime: Duration = .seconds(3_600)
    package var pool = ConnectionPool.Settings()

    package init(clientName: String) { self.clientName = clientName }
}
