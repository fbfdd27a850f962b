import NodeProtocol
import Times

/// The body of a webhook of the tenants' API: the fields of its document, and beside them what tells one
/// event from another.
struct WebhookPayload: Encodable {
    struct Response: Encodable {
        let code: Int
        let content: String
    }

    let event: String
    /// The same over retries: the id of the webhook message.
    let id: String
    let timestamp: String
    let tenant_id: String
    let recipient: String?
    /// Nil for a bounce or complaint about a message that left too long ago to be remembered.
    let sender: String?
    let message_id: String
    let bounce_classification: String?
    let response: Response?
    let tags: [String]
    let metadata: [String: String]
    /// Where a click led.
    let url: String?
    let user_agent: String?
    /// Given with opens and clicks: whether a proxy, a scanner or a bot did it.
    let machine: Bool?

    init(_ event: Event, named name: String, id: MessageID, log: Event.Accepted?) {
        self.event = name
        self.id = id.description
        timestamp = RFC3339.text(milliseconds: event.at)
        tenant_id = event.tenant.description
        recipient = event.recipient ?? (event.isLate ? nil : log?.recipients.first)
        sender = log.map { $0.envelopeSender.isEmpty ? $0.from : $0.envelopeSender }
        message_id = event.message.description
        bounce_classification = name == "bounced" ? event.classification?.category : nil
        response = event.response.map { Response(code: $0.code, content: $0.text) }
        tags = log?.tags ?? []
        metadata = log?.metadata ?? [:]
        url = event.reader?.url
        user_agent = event.reader?.userAgent
        machine = event.kind == .unsubscribed ? nil : event.reader?.isMachine
    }
}
