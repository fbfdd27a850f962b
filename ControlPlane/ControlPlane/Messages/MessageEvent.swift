import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// One entry of a message's history, as the Messages API tells it.
///
/// A delivery is two entries, of one event: the message was handed off, and the remote host took it.
struct MessageEvent: Encodable, Sendable {
    /// What is known besides; only what is there is told.
    struct Metadata: Encodable, Sendable {
        var recipient: String?
        var attempt: Int?
        var response: String?
        var classification: String?
        var remoteHost: String?
        var nextAttemptAt: Date?
        var reason: String?
        var url: String?
        var userAgent: String?
        /// Whether a proxy or a scanner did it.
        var machine: Bool?
    }

    let id: String
    let type: String
    let timestamp: Date
    let metadata: Metadata

    static let columns: SQL = "node, seq, recipient, kind, at, detail"

    /// The entries of all rows, the oldest first: a message was handed off before its host took it, and maybe
    /// before what another recipient's host said in between.
    static func history(_ rows: PostgresRows) throws -> [MessageEvent] {
        try rows.flatMap { try entries($0) }.enumerated()
            .sorted { ($0.element.timestamp, $0.offset) < ($1.element.timestamp, $1.offset) }
            .map(\.element)
    }

    /// The entries that a row makes, in their order.
    static func entries(_ row: PostgresRow) throws -> [MessageEvent] {
        guard let kind = EventKind(rawValue: try row["kind"]), let type = MessageWords.event(kind) else {
            return []
        }
        let id = "evt_\(try row["node", as: Int.self])_\(try row["seq", as: Int64.self])"
        let at: Date = try row["at"]
        let stored = try row.decode("detail", as: EventRow.Detail.self)
        let event = MessageEvent(
            id: id, type: type, timestamp: at,
            metadata: metadata(kind, recipient: try row["recipient"], stored))
        guard kind == .delivered else { return [event] }
        let began = at - Double(max(0, min(stored.duration_ms ?? 0, 86_400_000))) / 1000
        var handedOff = Metadata()
        handedOff.recipient = event.metadata.recipient
        handedOff.attempt = stored.attempt
        handedOff.remoteHost = stored.remote_host
        return [
            MessageEvent(id: id + "_sent", type: "sent", timestamp: began, metadata: handedOff), event,
        ]
    }

    private static func metadata(_ kind: EventKind, recipient: String, _ stored: EventRow.Detail) -> Metadata
    {
        let response = [stored.code.map(String.init), stored.enhanced_code, stored.response]
            .compactMap(\.self).filter { !$0.isEmpty }.joined(separator: " ")
        return Metadata(
            recipient: recipient.isEmpty ? nil : recipient, attempt: stored.attempt,
            response: response.isEmpty ? nil : response, classification: stored.category,
            remoteHost: stored.remote_host,
            nextAttemptAt: stored.next_attempt_at.map { Date(timeIntervalSince1970: Double($0) / 1000) },
            reason: kind == .suppressed || kind == .expired ? kind.rawValue : nil, url: stored.url,
            userAgent: stored.user_agent, machine: stored.machine)
    }

    static let schema = Schema.record([
        "id": .string.example("evt_1_17"), "type": .choice(MessageWords.events).example("delivered"),
        "timestamp": .dateTime,
        "metadata": .record([
            "recipient": .string.optional.example("john@example.com"), "attempt": .integer.optional,
            "response": .string.optional.example("250 2.0.0 Ok: queued"),
            "classification": .string.optional, "remote_host": .string.optional,
            "next_attempt_at": .dateTime.optional,
            "reason": .choice("suppressed", "expired").optional.described("Why it failed."),
            "url": .string.optional.described("Of the link that was followed."),
            "user_agent": .string.optional,
            "machine": .boolean.optional.described("Whether a proxy or a scanner did it."),
        ]),
    ]).named("MessageEvent")
}
