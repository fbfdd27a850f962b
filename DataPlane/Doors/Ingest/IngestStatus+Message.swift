import NodeProtocol
import Relay
import Times

extension IngestStatus {
    /// Of a message that this node holds.
    init(_ message: MessageStatus) {
        self.init(message.id.hexadecimal, message.state)
        let last = message.recipients.last { $0.state == .delivered } ?? message.recipients.first
        provider = last?.remoteHost
        providerMessageId = last?.remoteID
        deliveredAt = last?.deliveredAt.map(RFC3339.text(milliseconds:))
        durationMs = last?.durationMilliseconds
        tell(
            message.recipients.map { recipient in
                Recipient(
                    address: recipient.address, state: recipient.state, attempts: recipient.attempts,
                    response: recipient.response,
                    nextAttemptAt: recipient.nextAttemptAt.map(RFC3339.text(milliseconds:)))
            })
    }
}
