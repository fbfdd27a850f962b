import NodeProtocol

/// A message as `/api/v1/messages` prints it, at either plane. What is not known is left out.
package struct IngestStatus: Encodable, Sendable {
    package struct Recipient: Encodable, Sendable {
        let address: String
        let status: String
        let attempts: Int
        let response: String?
        let nextAttemptAt: String?

        package init(
            address: String, state: RecipientState, attempts: Int, response: String?, nextAttemptAt: String?
        ) {
            self.address = address
            status = state.ingestWord
            self.attempts = attempts
            self.response = response
            self.nextAttemptAt = nextAttemptAt
        }
    }

    private let id: String
    private let status: String
    package var provider: String?
    package var providerMessageId: String?
    package var deliveredAt: String?
    package var durationMs: Int?
    package var recipients: [Recipient]?
    package var error: String?
    /// This and the following: of lists alone.
    package var from: String?
    package var to: [String]?
    package var subject: String?
    package var tags: [String]?
    package var createdAt: String?

    /// - Parameter hexadecimal: the message's id, 32 digits.
    package init(_ hexadecimal: String, _ state: RecipientState) {
        id = "spl_\(hexadecimal)"
        status = state.ingestWord
    }

    /// - Parameter id: as the caller gave it.
    package init(unknown id: String) {
        self.id = id
        status = "unknown"
        error = "there is no such message"
    }

    /// Tells the recipients, and why the message failed when it did.
    package mutating func tell(_ recipients: [Recipient]) {
        self.recipients = recipients
        if status == RecipientState.failed.ingestWord {
            error = recipients.first { $0.status == status }?.response
        }
    }
}

extension RecipientState {
    /// The word of the ingestion API.
    package var ingestWord: String {
        switch self {
        case .scheduled, .queued: "queued"
        case .sending: "processing"
        case .deferred: "retrying"
        case .delivered: "delivered"
        case .bounced, .expired, .failed, .cancelled, .suppressed: "failed"
        }
    }
}
