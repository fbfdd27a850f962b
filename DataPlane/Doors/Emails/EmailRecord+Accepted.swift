import Admission
import FoundationEssentials
import HTTP
import Relay
import Times

extension EmailRecord {
    /// An e-mail that was just accepted.
    init(_ receipt: Receipt) {
        let created = Date(timeIntervalSince1970: Double(receipt.acceptedAt) / 1000)
        let status = receipt.isScheduled ? "scheduled" : "queued"
        self.init(
            id: receipt.id.description, status: status, from: receipt.from, subject: receipt.subject,
            createdAt: created, lastEvent: status)
        let copied = Set(receipt.cc + receipt.bcc)
        to = receipt.queued.filter { !copied.contains($0) }
        cc = receipt.cc
        bcc = receipt.bcc
        templateID = receipt.templateID?.text
        tags = receipt.tags
        metadata = receipt.metadata
        scheduledAt = receipt.scheduledAt.map { Date(timeIntervalSince1970: Double($0) / 1000) }
        queuedAt = receipt.isScheduled ? nil : created
        tracksOpens = receipt.tracking.opens
        tracksClicks = receipt.tracking.clicks
        suppressed = receipt.suppressed
        attempts = []
    }

    /// As it is encoded, of one that was just accepted: without attempts and detail, which it has none of.
    var acceptedText: JSONText {
        var json = JSONText(capacity: 1024)
        json.object { json in
            json.field("object", "email")
            json.field("id", id)
            json.field("status", status)
            json.field("from_", from)
            json.field("from", from)
            json.field("to", to)
            json.field("cc", cc)
            json.field("bcc", bcc)
            json.field("subject", subject)
            json.nullable("template_id", templateID)
            json.field("tags", tags)
            json.field("metadata", metadata)
            writeTimes(to: &json)
            json.field("track_opens", tracksOpens)
            json.field("track_clicks", tracksClicks)
            json.nullable("resent_from", resentFrom)
            json.field("mode", isTest ? "test" : "live")
            json.field("last_event", lastEvent)
            json.field("suppressed", suppressed)
            json.field("attempts", [])
        }
        return json
    }

    private func writeTimes(to json: inout JSONText) {
        json.nullable("scheduled_at", scheduledAt.map(RFC3339.text))
        json.field("created_at", RFC3339.text(createdAt))
        json.nullable("queued_at", queuedAt.map(RFC3339.text))
        json.nullable("sent_at", sentAt.map(RFC3339.text))
        json.nullable("delivered_at", deliveredAt.map(RFC3339.text))
    }
}
