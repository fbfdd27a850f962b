import FoundationEssentials
import NodeProtocol
import Postgres

extension ReportStatements {
    /// A notice's question to the log.
    private struct Question: Encodable {
        let tenant: String
        let id: String
        let seq: UInt64
        let recipient: String?
    }

    /// Finds whom the notices are about and locks those rows, so that of two nodes that tell of the same
    /// bounce one finds it done. Addresses are compared without case, because hosts change it on the way
    /// back. A notice that names nobody is about the only one whom the message was ever to.
    func lateChanges() async throws -> LateChanges {
        // In one order, so that two transactions never wait for each other crosswise.
        let questions = batch.notices.map {
            Question(
                tenant: $0.row.tenant, id: $0.row.id, seq: $0.row.seq,
                recipient: $0.event.recipient?.storable(320))
        }.sorted {
            ($0.tenant, $0.id, $0.recipient ?? "", $0.seq) < ($1.tenant, $1.id, $1.recipient ?? "", $1.seq)
        }
        let email = batch.days.email(
            "e.accepted_at, e.mode, e.is_redacted", where: "e.erased_at IS NULL")
        let recipient = batch.days.recipient(
            "r.address, r.state",
            where: """
                CASE WHEN u.recipient IS NULL
                     THEN NOT e.is_redacted AND (
                         SELECT count(*) FROM email_recipients o
                         WHERE o.tenant_id = r.tenant_id AND o.accepted_at = r.accepted_at
                           AND o.message_id = r.message_id) = 1
                     ELSE lower(r.address) = lower(u.recipient) END
                """, lock: "FOR UPDATE")
        let rows = try await connection.query(
            """
            SELECT u.seq, r.address, r.state, e.mode = 'test' AS is_test, EXISTS (
                    SELECT 1 FROM events v
                    WHERE v.tenant_id = u.tenant AND v.accepted_at = e.accepted_at
                      AND v.message_id = u.id AND v.kind = 'complained'
                      AND v.recipient = r.address) AS has_complained
            FROM json_to_recordset(\(try json(questions))::json) AS u(
                tenant uuid, id uuid, seq bigint, recipient text), \(email), \(recipient)
            """)
        var found: [UInt64: NoticedRecipient] = [:]
        for row in rows {
            found[try row["seq", as: UInt64.self]] = NoticedRecipient(
                address: try row["address"], state: try row["state"], isTest: try row["is_test"],
                hasComplained: try row["has_complained"])
        }
        return LateChanges(batch.notices, found: found)
    }
}
