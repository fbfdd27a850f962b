import FoundationEssentials
import NodeProtocol
import Postgres
import Relay

extension EmailRecord {
    static let columns: SQL = """
        id, status, from_address, to_addresses, cc_addresses, bcc_addresses, subject, template_id, tags,
        metadata, scheduled_at, accepted_at, sent_at, delivered_at, complained_at, opened_at, clicked_at,
        track_opens, track_clicks, resent_from, mode
        """

    /// An e-mail as the log has it.
    init(_ row: PostgresRow) throws {
        let state = RecipientState(rawValue: try row["status"]) ?? .queued
        let created: Date = try row["accepted_at"]
        self.init(
            id: try row["id", as: UUID.self].text, status: state.emailsWord, from: try row["from_address"],
            subject: try row["subject"], createdAt: created, lastEvent: try Self.lastEvent(row, state))
        to = try row["to_addresses"]
        cc = try row["cc_addresses"]
        bcc = try row["bcc_addresses"]
        templateID = try row["template_id", as: UUID?.self]?.text
        tags = try row["tags"]
        metadata = try row.decode("metadata", as: [String: String].self)
        scheduledAt = try row["scheduled_at"]
        // What waits for its time is not queued before, and what was withdrawn has never been.
        queuedAt =
            scheduledAt == nil ? created : [.scheduled, .cancelled].contains(state) ? nil : scheduledAt
        sentAt = try row["sent_at"]
        deliveredAt = try row["delivered_at"]
        tracksOpens = try row["track_opens"]
        tracksClicks = try row["track_clicks"]
        resentFrom = try row["resent_from", as: UUID?.self]?.text
        isTest = try row["mode", as: String.self] == "test"
    }

    private static func lastEvent(_ row: PostgresRow, _ state: RecipientState) throws -> String {
        for event in ["complained", "clicked", "opened"]
        where try row["\(event)_at", as: Date?.self] != nil {
            return event
        }
        return state.lastEventWord
    }
}

extension EmailAttempt {
    init(_ event: EmailEventView) {
        self.init(
            recipient: event.recipient, number: event.attempt, at: event.at, outcome: event.event,
            code: event.responseCode, enhancedCode: event.enhancedCode, response: event.response,
            remoteHost: event.remoteHost, nextAttemptAt: event.nextAttemptAt)
    }
}
