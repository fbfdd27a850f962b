import FoundationEssentials
import HTTP
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

        static let schema = Schema.record([
            "id": .uuid, "email": .string.example("someone@example.com"),
            "reason": .string.example("User requested removal"),
            "source": .choice(StoredSuppression.sources),
            "message_id": .uuid.nullable, "created_at": .dateTime,
        ]).named("Suppression")

        init(_ suppression: StoredSuppression) {
            id = suppression.id.text
            email = suppression.address
            reason = suppression.reason
            source = suppression.source
            _messageId = OrNull(wrappedValue: suppression.message?.text)
            createdAt = suppression.createdAt
        }
    }

    private func create(_ call: TenantCall) async throws -> HTTPResponse {
        let new = try await call.decode(NewSuppression.self).checked()
        let (tenant, actor) = (call.tenant, call.actor)
        let (suppression, isNew) = try await context.pool.transaction(as: call.rows) { connection in
            try await SuppressionStore(tenant: tenant, connection: connection).add(new, by: actor)
        }
        return try .data(
            View(suppression), message: isNew ? "Email suppressed" : "Email was suppressed already",
            status: isNew ? 201 : 200)
    }

    private func list(_ call: TenantCall) async throws -> HTTPResponse {
        let query = call.request.query
        let page = try PageRequest(query)
        let tenant = call.tenant
        let filter: SQL = try query["email"].map { "AND address = \(try NewSuppression.address($0))" } ?? ""
        let (entries, total) = try await context.pool.transaction(as: call.rows, mode: .readOnly) {
            connection in
            try await SuppressionStore(tenant: tenant, connection: connection).list(filter, page)
        }
        return try .data(entries.map { View($0) }, pagination: page.pagination(total: total))
    }

    private func delete(_ call: TenantCall) async throws -> HTTPResponse {
        let id = try call.id("suppression_id", of: "suppression")
        let (tenant, actor) = (call.tenant, call.actor)
        try await context.pool.transaction(as: call.rows) { connection in
            try await SuppressionStore(tenant: tenant, connection: connection).remove("id = \(id)", by: actor)
        }
        return try .message("Suppression removed")
    }
}
