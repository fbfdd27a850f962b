import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// `/v1/suppressions`: an entry is named by its address.
struct MessagesSuppressions: Sendable {
    let context: ControlContext
    let authenticator: Authenticator

    func add(to router: inout Router) {
        addViews(to: &router)
        router.home(
            .post, "/v1/suppressions", authenticator, needs: .scope("suppressions:write"),
            RouteInfo(
                summary: "Suppress an address",
                details: "An address that is on the list already stays as it is: 200 in place of 201.",
                tag: "Suppressions",
                requestSchema: .object([
                    "email": .string.required.example("someone@example.com"),
                    "reason": .string.example("User requested removal"),
                ]),
                responses: [
                    .init(200, "It was there.", .data(View.schema)),
                    .init(201, "The entry.", .data(View.schema)),
                    .init(400, "A field is wrong, or there are too many.", codes: ["limit_reached"]),
                ])
        ) { call in
            let new = try await call.decode(NewSuppression.self).checked()
            let actor = call.actor
            let (entry, isNew) = try await inStore(call) { try await $0.add(new, by: actor) }
            return try .data(View(entry), status: isNew ? 201 : 200)
        }
        router.home(
            .delete, "/v1/suppressions/{email}", authenticator, needs: .scope("suppressions:write"),
            RouteInfo(
                summary: "Take an address off the list", tag: "Suppressions",
                responses: [
                    .init(
                        200, "It is off the list.",
                        .data(
                            .record([
                                "email": .string.example("someone@example.com"),
                                "deleted": .boolean.example(true),
                            ]))), Self.missing,
                ])
        ) { call in
            let address = try Self.address(call)
            let actor = call.actor
            try await inStore(call) { try await $0.remove("address = \(address)", by: actor) }
            return try .data(DeletedResource(email: address))
        }
    }

    private func addViews(to router: inout Router) {
        router.home(
            .get, "/v1/suppressions", authenticator, needs: .scope("suppressions:read"),
            RouteInfo(
                summary: "List suppressed addresses", details: "The newest first.", tag: "Suppressions",
                parameters: PageRequest.parameters + [
                    .query("email", .string.described("This address alone.")),
                    .query("source", .choice(StoredSuppression.sources)),
                ] + QueryItems.period,
                responses: [.init(200, "The entries.", .resources(View.schema))])
        ) { call in
            let page = try PageRequest(call.request.query)
            let filter = try Self.filter(call.request.query)
            let (entries, total) = try await inStore(call) { try await $0.list(filter, page) }
            return try .snakeCase(ResourceList(entries.map { View($0) }, page, total: total))
        }
        router.home(
            .get, "/v1/suppressions/{email}", authenticator, needs: .scope("suppressions:read"),
            RouteInfo(
                summary: "Look up an address", tag: "Suppressions",
                responses: [.init(200, "The entry.", .data(View.schema)), Self.missing])
        ) { call in
            let address = try Self.address(call)
            guard let entry = try await inStore(call, { try await $0.find(address) }) else {
                throw APIError.noSuch("suppression")
            }
            return try .data(View(entry))
        }
    }

    private static let missing = RouteInfo.Response(
        404, "The address is not on the list.", codes: ["suppression_not_found"])

    private struct View: Encodable, Sendable {
        let email: String
        let reason: String
        let source: String
        @OrNull var messageId: String?
        let createdAt: Date

        static let schema = Schema.record([
            "email": .string.example("someone@example.com"),
            "reason": .string.example("User requested removal"),
            "source": .choice(StoredSuppression.sources).described("What put it on the list."),
            "message_id": .uuid.nullable.described("The message that proves it."), "created_at": .dateTime,
        ]).named("MessagesSuppression")

        init(_ suppression: StoredSuppression) {
            email = suppression.address
            reason = suppression.reason
            source = suppression.source
            _messageId = OrNull(wrappedValue: suppression.message?.text)
            createdAt = suppression.createdAt
        }
    }

    private static func filter(_ query: QueryItems) throws -> SQL {
        var filter: SQL = ""
        if let email = query["email"] { filter += " AND address = \(try NewSuppression.address(email))" }
        if let source = try query.choice("source", of: StoredSuppression.sources) {
            filter += " AND source = \(source)"
        }
        if let since = try query.time("since") { filter += " AND created_at >= \(since)" }
        if let until = try query.time("until", isEnd: true) { filter += " AND created_at < \(until)" }
        return filter
    }

    /// The address in the path; what is none is on no list.
    private static func address(_ call: TenantCall) throws(APIError) -> String {
        do { return try NewSuppression.address(call.request.parameter("email")) } catch {
            throw .noSuch("suppression")
        }
    }

    private func inStore<Value: Sendable>(
        _ call: TenantCall, _ body: @escaping @Sendable (SuppressionStore) async throws -> Value
    ) async throws -> Value {
        let tenant = call.tenant
        return try await context.pool.transaction(as: call.rows) { connection in
            try await body(SuppressionStore(tenant: tenant, connection: connection))
        }
    }
}
