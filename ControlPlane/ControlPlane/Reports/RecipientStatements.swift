import FoundationEssentials
import NodeProtocol
import Postgres

/// Stores what became of recipients, and the state that their messages take from them.
struct RecipientStatements {
    let days: ReportDays
    let connection: PostgresConnection

    /// Recipients of messages that are in the log since this very transaction.
    func insert(_ recipients: [RecipientRow]) async throws {
        guard !recipients.isEmpty else { return }
        let recipients = Self.inOrder(recipients)
        try await connection.query(
            """
            INSERT INTO email_recipients (
                tenant_id, accepted_at, message_id, address, state, attempts, last_code, last_enhanced,
                last_response, remote_host, remote_id, bounce_class, first_attempt_at, last_attempt_at,
                next_attempt_at, finished_at, duration_ms)
            SELECT u.tenant, message_accepted_at(u.id), u.id, u.address, u.state, u.attempts, u.last_code,
                u.last_enhanced, u.last_response, u.remote_host, u.remote_id, u.bounce_class,
                to_timestamp(u.first_attempt_at / 1000::float8),
                to_timestamp(u.last_attempt_at / 1000::float8),
                to_timestamp(u.next_attempt_at / 1000::float8),
                to_timestamp(u.finished_at / 1000::float8), u.duration_ms
            FROM \(recipients.columns)
            ON CONFLICT DO NOTHING
            """)
    }

    /// Recipients who were on the suppression list, of messages of earlier reports: what is told of one
    /// message may come in two. Nobody comes back to a message from which somebody was erased.
    private func insertSuppressed(_ recipients: [RecipientRow]) async throws {
        guard !recipients.isEmpty else { return }
        let message = days.email(
            "e.id", where: "NOT e.is_redacted AND e.erased_at IS NULL", lock: "FOR SHARE")
        try await connection.query(
            """
            INSERT INTO email_recipients (tenant_id, accepted_at, message_id, address, state)
            SELECT u.tenant, message_accepted_at(u.id), u.id, u.address, u.state
            FROM \(recipients.columns), \(message)
            ON CONFLICT DO NOTHING
            """)
    }

    /// Changes the recipients that the log has; then their messages take their state from them. All that a
    /// message was accepted for came with it: who is not there was erased, and does not come back.
    ///
    /// Nothing follows a bounce but what another node, or this one, was late to tell: it stays.
    ///
    /// - Returns: the counts to take back, of outcomes that a bounce was quicker than.
    func change(_ recipients: [RecipientRow]) async throws -> [(message: MessageKey, usage: UsageRow)] {
        guard !recipients.isEmpty else { return [] }
        let recipients = Self.inOrder(recipients)
        try await insertSuppressed(recipients.filter { $0.state == RecipientState.suppressed.rawValue })
        let outrun = try await connection.query(
            """
            WITH changed AS (
                UPDATE email_recipients r SET
                    state = CASE WHEN r.state = 'bounced' THEN r.state ELSE u.state END,
                    attempts = greatest(r.attempts, u.attempts),
                    last_code = CASE WHEN u.last_code IS NULL OR r.state = 'bounced' THEN r.last_code
                                     ELSE u.last_code END,
                    last_enhanced = CASE WHEN u.last_code IS NULL OR r.state = 'bounced'
                                         THEN r.last_enhanced ELSE u.last_enhanced END,
                    last_response = CASE WHEN u.last_code IS NULL OR r.state = 'bounced'
                                         THEN r.last_response ELSE u.last_response END,
                    remote_host = coalesce(u.remote_host, r.remote_host),
                    remote_id = coalesce(u.remote_id, r.remote_id),
                    bounce_class = coalesce(u.bounce_class, r.bounce_class),
                    first_attempt_at = coalesce(
                        r.first_attempt_at, to_timestamp(u.first_attempt_at / 1000::float8)),
                    last_attempt_at = coalesce(
                        to_timestamp(u.last_attempt_at / 1000::float8), r.last_attempt_at),
                    next_attempt_at = CASE WHEN r.state <> 'bounced'
                                           THEN to_timestamp(u.next_attempt_at / 1000::float8) END,
                    finished_at = CASE WHEN r.state = 'bounced' THEN r.finished_at
                                       ELSE to_timestamp(u.finished_at / 1000::float8) END,
                    duration_ms = coalesce(u.duration_ms, r.duration_ms)
                FROM \(recipients.columns)
                WHERE r.tenant_id = u.tenant AND r.accepted_at = message_accepted_at(u.id)
                    AND r.message_id = u.id AND r.address = u.address AND r.accepted_at \(days.range)
                RETURNING u.tenant, u.id, u.state AS told, r.state)
            SELECT tenant, id, told FROM changed WHERE state = 'bounced' AND told <> 'bounced'
            """)
        try await updateMessages(Set(recipients.map { MessageKey(tenant: $0.tenant, id: $0.id) }))
        return try outrun.compactMap { row in
            let key = MessageKey(
                tenant: try row["tenant", as: UUID.self].text, id: try row["id", as: UUID.self].text)
            guard let state = RecipientState(rawValue: try row["told"]),
                let message = MessageID(text: key.id),
                let usage = UsageRow(
                    takingBack: state, tenant: key.tenant, hour: ReportBatch.hour(of: message))
            else { return nil }
            return (key, usage)
        }
    }

    /// In one order, so that two transactions never wait for each other crosswise.
    private static func inOrder(_ recipients: [RecipientRow]) -> [RecipientRow] {
        recipients.sorted { ($0.tenant, $0.id, $0.address) < ($1.tenant, $1.id, $1.address) }
    }

    /// Messages take their state from their recipients, as `MessageState` says it of those of one report.
    func updateMessages(_ messages: Set<MessageKey>) async throws {
        // In one order, so that two transactions never wait for each other crosswise.
        let messages = messages.sorted { ($0.tenant, $0.id) < ($1.tenant, $1.id) }
        try await connection.query(
            """
            UPDATE emails e SET
                status = (\(MessageState.order)::text[])[s.rank], sent_at = coalesce(e.sent_at, s.sent_at),
                delivered_at = s.delivered_at, bounced_at = s.bounced_at, bounce_type = s.bounce_type,
                bounce_class = s.bounce_class
            FROM \(messages.columns), LATERAL (
                SELECT max(array_position(\(MessageState.order)::text[], r.state)) AS rank,
                    min(r.first_attempt_at) AS sent_at,
                    max(r.finished_at) FILTER (WHERE r.state = 'delivered') AS delivered_at,
                    max(r.finished_at) FILTER (WHERE r.state IN ('bounced', 'expired')) AS bounced_at,
                    CASE WHEN bool_or(r.state = 'bounced'
                             AND r.bounce_class = ANY (\(ReportBatch.hardCategories))) THEN 'hard'
                         WHEN bool_or(r.state IN ('bounced', 'expired')) THEN 'soft' END AS bounce_type,
                    max(r.bounce_class) FILTER (WHERE r.state IN ('bounced', 'expired')) AS bounce_class
                FROM email_recipients r
                WHERE r.tenant_id = u.tenant AND r.accepted_at = message_accepted_at(u.id)
                    AND r.message_id = u.id AND r.accepted_at \(days.range)
            ) AS s
            WHERE s.rank IS NOT NULL AND e.tenant_id = u.tenant
                AND e.accepted_at = message_accepted_at(u.id) AND e.id = u.id
                AND e.accepted_at \(days.range)
            """)
    }
}
