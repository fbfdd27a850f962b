import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres
import Relay

extension EmailsAPI {
    private struct Answer: Encodable {
        let object = "list"
        let data: [EmailRecord]
        let has_more: Bool
        let total: Int
        let limit: Int
        let offset: Int
        let total_is_minimum: Bool?
    }

    /// Which e-mails are asked for.
    private struct Wanted {
        let page: PageRequest
        /// About columns of `emails`.
        let filter: SQL
        /// Where the page begins, in Resend's way.
        let cursor: SQL
        /// Whether it is the page before the cursor, whose rows are found from its end.
        let isBackward: Bool
    }

    func list(_ call: TenantCall) async throws -> HTTPResponse {
        let wanted = try Self.wanted(call)
        let (page, backward) = (wanted.page, wanted.isBackward)
        let order: SQL = backward ? "accepted_at ASC, id ASC" : "accepted_at DESC, id DESC"
        let counted = max(EmailPage.maxCounted, page.offset + page.limit)
        let (total, rows) = try await context.pool.transaction(as: call.rows, mode: .readOnly) {
            connection -> (Int, [EmailRecord]) in
            let total = try await connection.query(
                """
                SELECT count(*) AS n FROM (
                    SELECT 1 FROM emails WHERE \(wanted.filter) LIMIT \(SQL(unsafe: String(counted + 1)))
                ) AS found
                """
            ).first?["n", as: Int.self]
            let rows = try await connection.query(
                """
                SELECT \(EmailRecord.columns) FROM emails WHERE \(wanted.filter)\(wanted.cursor)
                ORDER BY \(order) LIMIT \(SQL(unsafe: String(page.limit + 1)))
                    OFFSET \(SQL(unsafe: String(page.offset)))
                """)
            return (total ?? 0, try rows.map { try EmailRecord($0) })
        }
        let shown = rows.prefix(page.limit)
        return try .json(
            Answer(
                data: backward ? shown.reversed() : Array(shown), has_more: rows.count > page.limit,
                total: min(total, counted), limit: page.limit, offset: page.offset,
                total_is_minimum: total > counted ? true : nil))
    }

    private static func wanted(_ call: TenantCall) throws(APIError) -> Wanted {
        let query = call.request.query
        let page = try PageRequest(query)
        var filter: SQL = "tenant_id = \(call.tenant.uuid) AND erased_at IS NULL AND \(call.fence.mail())"
        let mode = try query.choice("mode", of: ["live", "test", "all"])
        switch mode ?? (call.caller.isTest ? "test" : "live") {
        case "test": filter += " AND mode = 'test'"
        case "live": filter += " AND mode = 'live'"
        default: break
        }
        if let words = query["status"] {
            guard let states = RecipientState.emailsStates(words) else {
                throw .invalid("status", "must be \(EmailSchemas.statuses.joined(separator: ", "))")
            }
            // One state is found in the order of the list.
            if states.count == 1, let state = states.first {
                filter += " AND status = \(state)"
            } else {
                filter += " AND status = ANY (\(states))"
            }
        }
        var cursor: SQL = ""
        if let after = try place("after", query) {
            cursor += " AND (accepted_at, id) < (message_accepted_at(\(after)), \(after))"
        }
        let before = try place("before", query)
        if let before {
            cursor += " AND (accepted_at, id) > (message_accepted_at(\(before)), \(before))"
        }
        return Wanted(page: page, filter: filter, cursor: cursor, isBackward: before != nil)
    }

    private static func place(_ name: String, _ query: QueryItems) throws(APIError) -> UUID? {
        guard let text = query[name] else { return nil }
        guard let id = MessageID(text: text) else { throw .invalid(name, "must be the id of an email") }
        return id.uuid
    }
}
