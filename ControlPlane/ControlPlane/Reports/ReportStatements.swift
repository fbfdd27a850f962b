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

    /// - Returns: how many notices were about nobody in the log.
    func run() async throws -> Int {
        // What is told of messages that are new to the log is inserted as it is; the log is asked about the
        // rest.
        let old = batch.emails.isEmpty ? [] : try await insertEmails()
        let isNew = { (message: MessageKey) in batch.isNew(message) && !old.contains(message.id) }
        if !batch.tags.isEmpty { try await insertTags(areNew: old.isEmpty) }
        try await useIndexesAlone(true)
        let tests = try await tests()
        var usage = batch.usage(without: tests)

        try await recipients.insert(batch.newRecipients.filter { isNew($0.message) })
        let known = batch.olderRecipients + batch.newRecipients.filter { !isNew($0.message) }
        for (message, counts) in try await recipients.change(known)
        where !tests.contains(message) && !batch.isTest(message) { usage.append(counts) }
        let late = batch.notices.isEmpty ? LateChanges() : try await lateChanges()
        _ = try await recipients.change(late.recipients)
        usage += late.usage

        // Locks recipients, as what comes before, and comes therefore before messages are marked.
        let told = batch.events + late.events
        // What readers do is rarely in the report that accepts their mail, and might name strangers.
        let isSure = { (event: EventRow) in isNew(event.message) && !event.isOfReader }
        try await events.insert(new: told.filter(isSure))
        let others = told.filter { !isSure($0) }
        try await events.insert(known: others)
        try await EarlyEvents.keep(others.filter(\.isOfReader), of: node, batch.days, connection)
        try await events.countOpenHours(batch.events)
        for marks in [batch.marks, late.marks] { usage += try await marking.store(marks) }

        if !batch.webhookAttempts.isEmpty { try await insertWebhookAttempts() }
        if !usage.isEmpty { try await counters.add(usage) }
        let suppressions = batch.suppressions + late.suppressions
        if !suppressions.isEmpty { try await insert(suppressions) }
        if !batch.goneWebhooks.isEmpty { try await disableWebhooks() }
        if !batch.lost.isEmpty {
            // Without its tenant a message is not found by a key.
            try await useIndexesAlone(false)
            try await failLost()
        }
        return late.unmatched
    }

    /// Has the planner find rows by index alone, until the transaction ends: for statements that name them by
    /// their whole keys. Its statistics lag behind tables that are being filled, and it would rather read a
    /// day's partition from end to end.
    private func useIndexesAlone(_ isAlone: Bool) async throws {
        let others = isAlone ? "off" : "on"
        try await connection.query(
            """
            SELECT set_config('enable_seqscan', \(others), true),
                set_config('enable_hashjoin', \(others), true),
                set_config('enable_mergejoin', \(others), true)
            """)
    }

    var recipients: RecipientStatements { RecipientStatements(days: batch.days, connection: connection) }
    private var events: EventStatements {
        EventStatements(node: node, days: batch.days, connection: connection)
    }
    private var marking: MarkStatements { MarkStatements(days: batch.days, connection: connection) }
    var counters: UsageStatements { UsageStatements(node: node, connection: connection) }

    /// - Returns: the ids of the messages that are not in the log for the first time: they were there before,
    ///   or are of tenants that are gone.
    private func insertEmails() async throws -> Set<String> {
        let row = try await connection.query(
            """
            WITH made AS (
                INSERT INTO emails (
                    tenant_id, accepted_at, id, node, mode, door, message_id, from_address, to_addresses,
                    cc_addresses, bcc_addresses, track_opens, track_clicks, offers_unsubscribe, template_id,
                    resent_from, subject, size_bytes, has_attachments, tags, metadata, api_key_id,
                    credential_id, status, scheduled_at, sent_at, delivered_at, bounced_at, bounce_type,
                    bounce_class, body_sealed, expires_at)
                SELECT t.id, message_accepted_at(u.id), u.id, \(node), u.mode, u.door, u.message_id,
                    u.from_address, u.to_addresses::text[], u.cc::text[], u.bcc::text[], u.track_opens,
                    u.track_clicks, u.offers_unsubscribe, u.template_id, u.resent_from, u.subject,
                    u.size_bytes, u.has_attachments, u.tags::text[], u.metadata::jsonb, u.api_key_id,
                    u.credential_id, u.status, to_timestamp(u.scheduled_at / 1000::float8),
                    to_timestamp(u.sent_at / 1000::float8),
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
                RETURNING id
            )
            SELECT CASE WHEN count(*) < \(batch.emails.count)
                THEN coalesce(array_agg(id), '{}') END AS made FROM made
            """
        ).first
        guard let made = try row?["made", as: [UUID]?.self] else { return [] }
        return Set(batch.emails.map(\.id)).subtracting(made.map(\.text))
    }

    private func insertTags(areNew: Bool) async throws {
        let known: SQL = ", \(batch.days.email("true", where: "e.erased_at IS NULL"))"
        try await connection.query(
            """
            INSERT INTO email_tags (tenant_id, accepted_at, message_id, tag)
            SELECT u.tenant, message_accepted_at(u.id), u.id, u.tag FROM \(Array(batch.tags).columns)
            \(areNew ? "" : known) ON CONFLICT DO NOTHING
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
            SELECT u.tenant, u.id
            FROM \(batch.olderMessages.columns), \(batch.days.email("true", where: "e.mode = 'test'"))
            """)
        return Set(
            try rows.map { row in
                MessageKey(
                    tenant: try row["tenant", as: UUID.self].text, id: try row["id", as: UUID.self].text)
            })
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
