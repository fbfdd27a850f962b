import FoundationEssentials
import NodeProtocol
import Postgres

/// A message that its node cannot read any more: whoever of its recipients is not finished failed.
struct LostRow: Encodable, Sendable {
    /// Nil when the node does not know it: the id says enough.
    let tenant: String?
    let id: String
    let seq: UInt64
    let at: Int64
    let code: Int?
    let enhanced: String?
    let response: String?
    let detail: EventRow.Detail

    init(_ event: Event, _ row: EventRow) {
        tenant = event.tenant == .unknown ? nil : row.tenant
        id = row.id
        seq = row.seq
        at = row.at
        code = event.response.map { Int(Int16(clamping: $0.code)) }
        enhanced = row.detail.enhanced_code
        response = row.detail.response
        detail = row.detail
    }
}

extension ReportStatements {
    /// Ends what the node cannot end. A message that has nobody unfinished is left as it is, and its timeline
    /// too, so that a node may tell of the same damage at each start.
    func failLost() async throws {
        let rows = try json(batch.lost)
        let failed = try await connection.query(
            """
            WITH u AS (
                SELECT * FROM json_to_recordset(\(rows)::json) AS u(
                    tenant uuid, id uuid, seq bigint, at bigint, code smallint, enhanced text, response text,
                    detail jsonb)
            ), changed AS (
                UPDATE email_recipients r SET
                    state = 'failed', last_code = u.code, last_enhanced = u.enhanced,
                    last_response = u.response, next_attempt_at = NULL,
                    finished_at = to_timestamp(u.at / 1000::float8)
                FROM u JOIN emails e ON e.accepted_at = message_accepted_at(u.id) AND e.id = u.id
                    AND e.tenant_id = coalesce(u.tenant, e.tenant_id)
                WHERE e.accepted_at \(batch.days.range) AND r.accepted_at \(batch.days.range)
                    AND e.erased_at IS NULL
                    AND r.tenant_id = e.tenant_id AND r.accepted_at = e.accepted_at AND r.message_id = e.id
                    AND r.state <> ALL (\(Self.finalStates))
                RETURNING r.tenant_id, r.accepted_at, r.message_id, e.mode, u.seq, u.at, u.detail
            ), told AS (
                INSERT INTO events (tenant_id, accepted_at, message_id, node, seq, kind, at, detail)
                SELECT DISTINCT tenant_id, accepted_at, message_id, \(node), seq, 'failed',
                    to_timestamp(at / 1000::float8), detail
                FROM changed
                ON CONFLICT DO NOTHING
            )
            SELECT tenant_id, message_id, mode, count(*) AS recipients FROM changed GROUP BY 1, 2, 3
            """)
        guard !failed.isEmpty else { return }
        var messages: Set<MessageKey> = []
        var usage: [UsageRow] = []
        for row in failed {
            let tenant = try row["tenant_id", as: UUID.self].text
            let id = try row["message_id", as: UUID.self].text
            messages.insert(MessageKey(tenant: tenant, id: id))
            guard try row["mode", as: String.self] != "test", let message = MessageID(text: id) else {
                continue
            }
            var counts = UsageRow(tenant: tenant, hour: ReportBatch.hour(of: message))
            counts.failed = Int(try row["recipients", as: Int64.self])
            usage.append(counts)
        }
        try await recipients.updateMessages(messages)
        if !usage.isEmpty { try await counters.add(usage) }
    }

    private static let finalStates = RecipientState.allCases.filter(\.isFinal).map(\.rawValue)
}
