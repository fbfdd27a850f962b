import FoundationEssentials
import HTTP
import MailFormat
import NodeProtocol
import Postgres

/// The addresses that a tenant no longer sends to. Bounces, complaints and unsubscriptions come from the
/// nodes' reports; here people add, look and remove.
package struct Suppressions: Sendable {
    private let context: ControlContext
    private let authenticator: Authenticator

    package init(_ context: ControlContext, _ authenticator: Authenticator) {
        self.context = context
        self.authenticator = authenticator
    }

    package func add(to router: inout Router) {
        router.tenant(
            .post, "/suppressions", authenticator, needs: .scope("suppressions:write"),
            RouteInfo(
                summary: "Add email to suppression list",
                details: "An address that is on the list already stays as it is: 200 in place of 201.",
                tag: "Suppressions",
                requestSchema: .object([
                    "email": .string.required.example("someone@example.com"),
                    "reason": .string.example("User requested removal"),
                ]),
                responses: [
                    .init(200, "It was there.", .data(View.schema, message: "Email was suppressed already")),
                    .init(201, "The entry.", .data(View.schema, message: "Email suppressed")),
                    .init(400, "A field is wrong, or there are too many.", codes: ["limit_reached"]),
                ])
        ) { try await create($0) }
        router.tenant(
            .get, "/suppressions", authenticator, needs: .scope("suppressions:read"),
            RouteInfo(
                summary: "List suppressed emails", tag: "Suppressions",
                parameters: PageRequest.parameters + [
                    .query("email", .string.described("This address alone."))
                ],
                responses: [.init(200, "The entries.", .page(of: View.schema))])
        ) { try await list($0) }
        router.tenant(
            .delete, "/suppressions/{suppression_id}", authenticator, needs: .scope("suppressions:write"),
            RouteInfo(
                summary: "Remove from suppression list", tag: "Suppressions",
                responses: [.init(200, "It is off the list.", .message("Suppression removed"))])
        ) { try await delete($0) }
    }

    private struct View: Encodable, Sendable {
        let id: String
        let email: String
        let reason: String
        let source: String
        @OrNull var messageId: String?
        let createdAt: Date

        static let columns: SQL = "id, address, reason, source, message_id, created_at"
        static let schema = Schema.record([
            "id": .uuid, "email": .string.example("someone@example.com"),
            "reason": .string.example("User requested removal"),
            "source": .choice("manual", "hard_bounce", "complaint", "unsubscribe"),
            "message_id": .uuid.nullable, "created_at": .dateTime,
        ]).named("Suppression")

        init(_ row: PostgresRow) throws(PostgresError) {
            id = try row["id", as: UUID.self].text
            email = try row["address"]
            reason = try row["reason"]
            source = try row["source"]
            let message = try row["message_id", as: UUID?.self]
            _messageId = OrNull(wrappedValue: message?.text)
            createdAt = try row["created_at"]
        }
    }

    private struct Creation: Decodable {
        let email: String
        let reason: String?
    }

    private func create(_ call: TenantCall) async throws -> HTTPResponse {
        let body = try await call.decode(Creation.self)
        let address = try Self.address(body.email)
        let reason = body.reason ?? ""
        guard reason.unicodeScalars.count <= 1000 else {
            throw APIError.invalid("reason", "must have at most 1000 characters")
        }
        let (tenant, actor) = (call.tenant, call.actor)
        let (view, isNew) = try await context.pool.transaction(as: call.rows) { connection in
            let inserted = try await connection.query(
                """
                INSERT INTO suppressions (tenant_id, address, reason, source, created_by)
                VALUES (\(tenant.uuid), \(address), \(reason), 'manual', \(actor.id))
                ON CONFLICT (tenant_id, address) DO NOTHING RETURNING \(View.columns)
                """)
            if let row = inserted.first {
                let view = try View(row)
                try await SuppressionLimit.check(tenant, connection)
                try await Audit.write(
                    connection, actor, tenant: tenant, "suppression.added", record: ("suppression", view.id))
                return (view, true)
            }
            let held = try await connection.query(
                """
                SELECT \(View.columns) FROM suppressions
                WHERE tenant_id = \(tenant.uuid) AND address = \(address)
                """)
            guard let row = held.first else {
                throw APIError(
                    503, "busy", "The address was removed at this moment; try again.", retryAfterSeconds: 1)
            }
            return (try View(row), false)
        }
        return try .data(
            view, message: isNew ? "Email suppressed" : "Email was suppressed already",
            status: isNew ? 201 : 200)
    }

    private func list(_ call: TenantCall) async throws -> HTTPResponse {
        let query = call.request.query
        let page = try PageRequest(query)
        let tenant = call.tenant.uuid
        let filter: SQL = try query["email"].map { "AND address = \(try Self.address($0))" } ?? ""
        let (entries, total) = try await context.pool.transaction(as: call.rows, mode: .readOnly) {
            connection in
            let rows = try await connection.query(
                """
                SELECT \(View.columns) FROM suppressions WHERE tenant_id = \(tenant) \(filter)
                ORDER BY created_at DESC, id LIMIT \(page.limit) OFFSET \(page.offset)
                """)
            let count = try await connection.query(
                "SELECT count(*) AS total FROM suppressions WHERE tenant_id = \(tenant) \(filter)")
            return (try rows.map { try View($0) }, try count.first?["total", as: Int.self] ?? 0)
        }
        return try .data(entries, pagination: page.pagination(total: total))
    }

    private func delete(_ call: TenantCall) async throws -> HTTPResponse {
        let id = try call.id("suppression_id", of: "suppression")
        let (tenant, actor) = (call.tenant, call.actor)
        try await context.pool.transaction(as: call.rows) { connection in
            let rows = try await connection.query(
                "DELETE FROM suppressions WHERE tenant_id = \(tenant.uuid) AND id = \(id) RETURNING source")
            guard let row = rows.first else { throw APIError.noSuch("suppression") }
            try await Audit.write(
                connection, actor, tenant: tenant, "suppression.removed", record: ("suppression", id.text),
                detail: ["source": try row["source"]])
        }
        return try .message("Suppression removed")
    }

    private static func address(_ text: String) throws(APIError) -> String {
        do { return try MailAddress(text).caseFolded } catch {
            throw APIError.invalid("email", "is no address: \(error)")
        }
    }
}
