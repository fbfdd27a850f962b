import NodeProtocol
import Times

/// The state of a message in the words of the ingestion API.
struct IngestStatus: Encodable {
    struct Recipient: Encodable {
        let address: String
        let status: String
        let attempts: Int
        let response: String?
        let nextAttemptAt: String?
    }

    let id: String
    let status: String
    var provider: String?
    var providerMessageId: String?
    var deliveredAt: String?
    var durationMs: Int?
    var recipients: [Recipient]?
    var error: String?

    init(_ message: MessageStatus) {
        id = "spl_\(message.id.hexadecimal)"
        status = message.state.ingestWord
        let last = message.recipients.last { $0.state == .delivered } ?? message.recipients.first
        provider = last?.remoteHost
        providerMessageId = last?.remoteID
        deliveredAt = last?.deliveredAt.map(RFC3339.text(milliseconds:))
        durationMs = last?.durationMilliseconds
        recipients = message.recipients.map { recipient in
            Recipient(
                address: recipient.address, status: recipient.state.ingestWord, attempts: recipient.attempts,
                response: recipient.response,
                nextAttemptAt: recipient.nextAttemptAt.map(RFC3339.text(milliseconds:)))
        }
        if status == "failed" {
            error = message.recipients.first { $0.state.ingestWord == "failed" }?.response
        }
    }

    private init(unknown id: String) {
        self.id = id
        status = "unknown"
        error = "there is no such message"
    }

    static func unknown(_ id: String) -> IngestStatus { IngestStatus(unknown: id) }
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
