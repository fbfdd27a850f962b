import FoundationEssentials
import NodeProtocol
import Postgres

/// Stores the rows of a report: one statement for each table, whatever the number of events.
///
/// Events of tenants and messages that are not there any more change nothing and do not fail. Runs inside the
/// transaction that moves the node's cursor.
struct ReportStatements {
    let batch: ReportBatch
    let node: Int32
    let connection: PostgresConnection

    ///
    /// - Returns: how many notices were about nobody in the log.
    func run() async throws -> Int {
        // What is told of messages of this report alone is inserted as it is; the log is asked about the
        // rest.
        let areNew = batch.emails.isEmpty ? true : try await insertEmails() == batch.emails.count
        if !batch.tags.isEmpty { try await insertTags(areNew: areNew) }
        var usage = batch.usage(without: try await tests())
        if areNew, !batch.newRecipients.isEmpty { try await insert(batch.newRecipients) }
        let known = areNew ? batch.olderRecipients : batch.olderRecipients + batch.newRecipients
        if !known.isEmpty { usage += try await store(known) }
        let late = batch.notices.isEmpty ? LateChanges() : try await lateChanges()
        if !late.recipients.isEmpty { _ = try await store(late.recipients) }
        for marks in [batch.marks, late.marks] where !marks.isEmpty {
            usage += try await firstReactions(marks)
            try await store(marks)
        }
        try await insert(batch.events + late.events, areNew: areNew)
        try await countOpenHours()
        if !batch.webhookAttempts.isEmpty { try await insertWebhookAttempts() }
        usage += late.usage
        if !usage.isEmpty { try await add(usage) }
        let suppressions = batch.suppressions + late.suppressions
        if !suppressions.isEmpty { try await insert(suppressions) }
        if !batch.goneWebhooks.isEmpty { try await disableWebhooks() }
        if !batch.lost.isEmpty { try await failLost() }
        return late.unmatched
    }

    /// The days of the messages concerned: other partitions are not looked at.
    var days: SQL {
        """
        BETWEEN to_timestamp(\(batch.earliest / 1000)::bigint)
            AND to_timestamp(\(batch.latest / 1000 + 1)::bigint)
        """
    }

    /// - Returns: how many of the messages are in the log for the first time.
    private func insertEmails() async throws -> Int {
        try await connection.execute(
            """
            INSERT INTO emails (
                tenant_id, accepted_at, id, node, mode, door, message_id, from_address, to_addresses,
                cc_addresses, bcc_addresses, track_opens, track_clicks, offers_unsubscribe, template_id,
                resent_from, subject, size_bytes, has_attachments, tags, metadata, api_key_id, credential_id,
                status, scheduled_at, sent_at, delivered_at, bounced_at, bounce_type, bounce_class,
                body_sealed, expires_at)
            SELECT t.id, message_accepted_at(u.id), u.id, \(node), u.mode, u.door, u.message_id,
                u.from_address, u.to_addresses::text[], u.cc::text[], u.bcc::text[], u.track_opens,
                u.track_clicks, u.offers_unsubscribe, u.template_id, u.resent_from, u.subject, u.size_bytes,
                u.has_attachments, u.tags::text[], u.metadata::jsonb, u.api_key_id, u.credential_id, u.status,
                to_timestamp(u.scheduled_at / 1000::float8), to_timestamp(u.sent_at / 1000::float8),
                to_timestamp(u.delivered_at / 1000::float8), to_timestamp(u.bounced_at / 1000::float8),
                u.bounce_type, u.bounce_class,
                CASE WHEN u.body_bytes > 0 THEN substring(
                    \(batch.bodies)::bytea FROM u.body_offset::integer FOR u.body_bytes::integer) END,
                greatest(message_accepted_at(u.id), to_timestamp(u.scheduled_at / 1000::float8))
                    + make_interval(days => CASE WHEN u.mode = 'test'
                        THEN least(p.log_retention_days, \(CapturedRoutes.keptDays))
                        ELSE p.log_retention_days END)
            FROM \(batch.emails.columns)
            JOIN tenants t ON t.id = u.tenant JOIN plans p ON p.code = t.plan_code
            ON CONFLICT DO NOTHING
            """)
    }

    private func insertTags(areNew: Bool) async throws {
        let known: SQL = """
            JOIN emails e ON e.tenant_id = u.tenant AND e.accepted_at = message_accepted_at(u.id)
                AND e.id = u.id
            WHERE e.accepted_at \(days) AND e.erased_at IS NULL
            """
        try await connection.query(
            """
            INSERT INTO email_tags (tenant_id, accepted_at, message_id, tag)
            SELECT u.tenant, message_accepted_at(u.id), u.id, u.tag FROM \(Array(batch.tags).columns)
            \(areNew ? "" : known) ON CONFLICT DO NOTHING
            """)
    }

    /// Recipients of messages that are in the log since this very transaction.
    private func insert(_ recipients: [RecipientRow]) async throws {
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

    /// New recipients are inserted, known ones changed; then their messages take their state from them.
    ///
    /// Nothing follows a bounce but what another node, or this one, was late to tell: it stays.
    ///
    /// - Returns: the counts to take back, of outcomes that a bounce was quicker than.
    private func store(_ recipients: [RecipientRow]) async throws -> [UsageRow] {
        let outrun = try await connection.query(
            """
            WITH u AS (
                SELECT * FROM \(recipients.columns)
            ), stored AS (
            INSERT INTO email_recipients AS r (
                tenant_id, accepted_at, message_id, address, state, attempts, last_code, last_enhanced,
                last_response, remote_host, remote_id, bounce_class, first_attempt_at, last_attempt_at,
                next_attempt_at, finished_at, duration_ms)
            SELECT e.tenant_id, e.accepted_at, e.id, u.address, u.state, u.attempts, u.last_code,
                u.last_enhanced, u.last_response, u.remote_host, u.remote_id, u.bounce_class,
                to_timestamp(u.first_attempt_at / 1000::float8),
                to_timestamp(u.last_attempt_at / 1000::float8),
                to_timestamp(u.next_attempt_at / 1000::float8),
                to_timestamp(u.finished_at / 1000::float8), u.duration_ms
            FROM u JOIN emails e ON e.tenant_id = u.tenant AND e.accepted_at = message_accepted_at(u.id)
                AND e.id = u.id
            WHERE e.accepted_at \(days) AND e.erased_at IS NULL
            ON CONFLICT (tenant_id, accepted_at, message_id, address) DO UPDATE SET
                state = CASE WHEN r.state = 'bounced' THEN r.state ELSE EXCLUDED.state END,
                attempts = greatest(r.attempts, EXCLUDED.attempts),
                last_code = CASE WHEN EXCLUDED.last_code IS NULL OR r.state = 'bounced' THEN r.last_code
                                 ELSE EXCLUDED.last_code END,
                last_enhanced = CASE WHEN EXCLUDED.last_code IS NULL OR r.state = 'bounced'
                                     THEN r.last_enhanced ELSE EXCLUDED.last_enhanced END,
                last_response = CASE WHEN EXCLUDED.last_response IS NULL OR r.state = 'bounced'
                                     THEN r.last_response ELSE EXCLUDED.last_response END,
                remote_host = coalesce(EXCLUDED.remote_host, r.remote_host),
                remote_id = coalesce(EXCLUDED.remote_id, r.remote_id),
                bounce_class = coalesce(EXCLUDED.bounce_class, r.bounce_class),
                first_attempt_at = coalesce(r.first_attempt_at, EXCLUDED.first_attempt_at),
                last_attempt_at = coalesce(EXCLUDED.last_attempt_at, r.last_attempt_at),
                next_attempt_at = CASE WHEN r.state = 'bounced' THEN NULL ELSE EXCLUDED.next_attempt_at END,
                finished_at = CASE WHEN r.state = 'bounced' THEN r.finished_at
                                   ELSE EXCLUDED.finished_at END,
                duration_ms = coalesce(EXCLUDED.duration_ms, r.duration_ms)
            RETURNING r.tenant_id, r.message_id, r.address, r.state
            )
            SELECT u.tenant, u.id, u.state
            FROM stored s JOIN u ON u.tenant = s.tenant_id AND u.id = s.message_id AND u.address = s.address
            WHERE s.state = 'bounced' AND u.state <> 'bounced'
            """)
        try await updateMessages(Set(recipients.map { MessageKey(tenant: $0.tenant, id: $0.id) }))
        return try outrun.compactMap { row in
            guard let state = RecipientState(rawValue: try row["state"]),
                let message = MessageID(text: try row["id", as: UUID.self].text)
            else { return nil }
            return UsageRow(
                takingBack: state, tenant: try row["tenant", as: UUID.self].text,
                hour: ReportBatch.hour(of: message))
        }
    }

    /// Messages take their state from their recipients, as `MessageState` says it of those of one report.
    func updateMessages(_ messages: Set<MessageKey>) async throws {
        try await connection.query(
            """
            UPDATE emails e SET
                status = (\(MessageState.order)::text[])[s.rank], sent_at = coalesce(e.sent_at, s.sent_at),
                delivered_at = s.delivered_at, bounced_at = s.bounced_at, bounce_type = s.bounce_type,
                bounce_class = s.bounce_class
            FROM (
                SELECT r.tenant_id, r.accepted_at, r.message_id,
                    max(array_position(\(MessageState.order)::text[], r.state)) AS rank,
                    min(r.first_attempt_at) AS sent_at,
                    max(r.finished_at) FILTER (WHERE r.state = 'delivered') AS delivered_at,
                    max(r.finished_at) FILTER (WHERE r.state IN ('bounced', 'expired')) AS bounced_at,
                    CASE WHEN bool_or(r.state = 'bounced'
                             AND r.bounce_class = ANY (\(ReportBatch.hardCategories))) THEN 'hard'
                         WHEN bool_or(r.state IN ('bounced', 'expired')) THEN 'soft' END AS bounce_type,
                    max(r.bounce_class) FILTER (WHERE r.state IN ('bounced', 'expired')) AS bounce_class
                FROM \(Array(messages).columns)
                JOIN email_recipients r ON r.tenant_id = u.tenant
                    AND r.accepted_at = message_accepted_at(u.id) AND r.message_id = u.id
                WHERE r.accepted_at \(days)
                GROUP BY r.tenant_id, r.accepted_at, r.message_id
            ) s
            WHERE e.tenant_id = s.tenant_id AND e.accepted_at = s.accepted_at AND e.id = s.message_id
              AND e.accepted_at \(days)
            """)
    }

    private func store(_ marks: [MarkRow]) async throws {
        try await connection.query(
            """
            UPDATE emails e SET
                complained_at = coalesce(e.complained_at, to_timestamp(u.complained_at / 1000::float8)),
                opened_at = coalesce(e.opened_at, to_timestamp(u.opened_at / 1000::float8)),
                clicked_at = coalesce(e.clicked_at, to_timestamp(u.clicked_at / 1000::float8)),
                scheduled_at = coalesce(to_timestamp(u.scheduled_at / 1000::float8), e.scheduled_at)
            FROM json_to_recordset(\(try json(marks))::json) AS u(
                tenant uuid, id uuid, complained_at bigint, opened_at bigint, clicked_at bigint,
                scheduled_at bigint)
            WHERE e.tenant_id = u.tenant AND e.accepted_at = message_accepted_at(u.id) AND e.id = u.id
              AND e.accepted_at \(days)
            """)
    }

    /// - Parameter areNew: whether the messages accepted in this report are new to the log.
    private func insert(_ events: [EventRow], areNew: Bool) async throws {
        var (new, known): ([EventRow], [EventRow]) = ([], [])
        for event in events {
            if areNew, batch.isNew(MessageKey(tenant: event.tenant, id: event.id)) {
                new.append(event)
            } else {
                known.append(event)
            }
        }
        let columns: SQL = """
            INSERT INTO events (tenant_id, accepted_at, message_id, node, seq, recipient, kind, at, detail)
            SELECT u.tenant, message_accepted_at(u.id), u.id, \(node), u.seq, u.recipient, u.kind,
                to_timestamp(u.at / 1000::float8), u.detail::jsonb
            """
        if !new.isEmpty {
            try await connection.query("\(columns) FROM \(new.columns) ON CONFLICT DO NOTHING")
        }
        guard !known.isEmpty else { return }
        try await connection.query(
            """
            \(columns) FROM \(known.columns)
            JOIN emails e ON e.tenant_id = u.tenant AND e.accepted_at = message_accepted_at(u.id)
                AND e.id = u.id
            WHERE e.accepted_at \(days) AND e.erased_at IS NULL
            ON CONFLICT DO NOTHING
            """)
    }

    private func insertWebhookAttempts() async throws {
        try await connection.query(
            """
            INSERT INTO webhook_attempts (
                tenant_id, accepted_at, message_id, node, seq, webhook_id, event_kind, attempt, at, outcome,
                status_code, duration_ms, response, next_attempt_at)
            SELECT t.id, message_accepted_at(u.id), u.id, \(node), u.seq, u.webhook, u.event_kind, u.attempt,
                to_timestamp(u.at / 1000::float8), u.outcome, u.status_code, u.duration_ms, u.response,
                to_timestamp(u.next_attempt_at / 1000::float8)
            FROM \(batch.webhookAttempts.columns)
            JOIN tenants t ON t.id = u.tenant
            ON CONFLICT DO NOTHING
            """)
    }

    /// Those of the messages accepted earlier that were sent with a test key.
    private func tests() async throws -> Set<MessageKey> {
        guard !batch.olderMessages.isEmpty else { return [] }
        let rows = try await connection.query(
            """
            SELECT e.tenant_id, e.id
            FROM \(batch.olderMessages.columns)
            JOIN emails e ON e.tenant_id = u.tenant AND e.accepted_at = message_accepted_at(u.id)
                AND e.id = u.id
            WHERE e.accepted_at \(days) AND e.mode = 'test'
            """)
        return Set(
            try rows.map { row in
                MessageKey(
                    tenant: try row["tenant_id", as: UUID.self].text, id: try row["id", as: UUID.self].text)
            })
    }

    func add(_ usage: [UsageRow]) async throws {
        let hour = "to_timestamp(u.hour * 3600::float8)"
        let day = "date '1970-01-01' + u.hour / 24"
        try await connection.query(
            usageStatement(
                "usage_hourly", "hour", hour, usage,
                where: "u.hour >= extract(epoch FROM now()) / 3600 - \(UsageHours.kept)"))
        try await connection.query(usageStatement("usage_daily", "day", day, usage))
        try await connection.query(
            usageStatement("usage_monthly", "month", "date_trunc('month', \(day))::date", usage))
    }

    private func usageStatement(
        _ table: String, _ column: String, _ period: String, _ usage: [UsageRow],
        where condition: SQL = "true"
    ) -> SQL {
        let counters = [UsageRow].counters.map(\.name)
        let names = SQL(unsafe: counters.joined(separator: ", "))
        let sums = SQL(unsafe: counters.map { "sum(u.\($0))" }.joined(separator: ", "))
        let additions = SQL(
            unsafe: counters.map { "\($0) = c.\($0) + EXCLUDED.\($0)" }.joined(separator: ", "))
        return """
            INSERT INTO \(identifier: table) AS c (tenant_id, \(identifier: column), node, \(names))
            SELECT t.id, \(SQL(unsafe: period)), \(node), \(sums)
            FROM \(usage.columns)
            JOIN tenants t ON t.id = u.tenant
            WHERE \(condition)
            GROUP BY 1, 2 ORDER BY 1, 2
            ON CONFLICT (tenant_id, \(identifier: column), node) DO UPDATE SET \(additions)
            """
    }

    private func insert(_ suppressions: [SuppressionRow]) async throws {
        try await connection.query(
            """
            INSERT INTO suppressions (tenant_id, address, reason, source, message_id, event_node, event_seq)
            SELECT DISTINCT ON (t.id, u.address) t.id, u.address, u.reason, u.source, u.id, \(node), u.seq
            FROM json_to_recordset(\(try json(suppressions))::json) AS u(
                tenant uuid, address text, reason text, source text, id uuid, seq bigint)
            JOIN tenants t ON t.id = u.tenant
            WHERE suppressions_within(t.id, \(SuppressionLimit.maxEntries), \(SuppressionLimit.maxBytes))
            ORDER BY t.id, u.address, u.seq
            ON CONFLICT (tenant_id, address) DO NOTHING
            """)
    }

    /// Endpoints that asked for it are sent nothing more: the nodes learn it with the tenant's chunk. In the
    /// order of the chunks, so that two transactions never wait for each other crosswise.
    private func disableWebhooks() async throws {
        let sorted = batch.goneWebhooks.sorted {
            (TenantsChunk.name(for: $0.tenant), $0.webhook.text)
                < (TenantsChunk.name(for: $1.tenant), $1.webhook.text)
        }
        for gone in sorted {
            let reason = "The endpoint answered \(gone.status) and asked to be sent nothing more."
            let disabled = try await connection.execute(
                """
                UPDATE webhooks SET disabled_at = now(), disabled_reason = \(reason), updated_at = now()
                WHERE tenant_id = \(gone.tenant.uuid) AND id = \(gone.webhook) AND url = \(gone.url)
                  AND disabled_at IS NULL
                """)
            guard disabled == 1 else { continue }
            try await Audit.write(
                connection, AuditActor(kind: .node, id: String(node)), tenant: gone.tenant,
                "webhook.disabled",
                record: ("webhook", gone.webhook.text), detail: ["status": String(gone.status)])
        }
    }

    func json(_ rows: some Encodable) throws -> String {
        String(decoding: try JSONEncoder().encode(rows), as: UTF8.self)
    }
}
