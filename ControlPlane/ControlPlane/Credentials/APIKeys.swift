import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// Bearer keys with scopes. A key is random, shown once and stored as a hash; a revoked one stays in the
/// table, for what was sent with it still names it.
package struct APIKeys: Sendable {
    static let maxKeys = 500

    private let context: ControlContext
    private let authenticator: Authenticator

    package init(_ context: ControlContext, _ authenticator: Authenticator) {
        self.context = context
        self.authenticator = authenticator
    }

    package func add(to router: inout Router) {
        router.tenant(
            .post, "/api-keys", authenticator, needs: .role(.admin),
            RouteInfo(
                summary: "Create an API key", details: "The key is shown this once.", tag: "Credentials",
                requestSchema: .object([
                    "name": .string.required.example("Production API"),
                    "scopes": Schema.array(.string.example("emails:send")).required.described(
                        "\(APIScope.all.sorted().joined(separator: ", "))."),
                    "mode": .choice("live", "test").described("With a test key nothing leaves."),
                    "domain": .string.described(
                        "The only domain, with those below it, that it sends from, manages, and sees and "
                            + "changes mail of. Webhooks, usage and analytics, which are the whole "
                            + "tenant's, are refused to it. Templates and suppressions are the tenant's "
                            + "too, and what its scopes allow with them is not bound by it."),
                    "rate_limit_per_minute": .integer, "allowed_cidrs": .array(.string),
                    "expires_at": .dateTime,
                ]),
                responses: [
                    .init(201, "The key.", .data(View.created)),
                    .init(400, "A field is wrong, or there are too many.", codes: ["limit_reached"]),
                ])
        ) { try await create($0) }
        router.tenant(
            .get, "/api-keys", authenticator, needs: .role(.viewer),
            RouteInfo(
                summary: "List API keys", tag: "Credentials",
                responses: [.init(200, "The keys.", .data(.array(View.schema)))])
        ) { try await list($0) }
        router.tenant(
            .delete, "/api-keys/{key_id}", authenticator, needs: .role(.admin),
            RouteInfo(
                summary: "Revoke an API key", details: "It is refused within a second, everywhere.",
                tag: "Credentials",
                responses: [.init(200, "It is revoked.", .message("API key revoked"))])
        ) { try await revoke($0) }
    }

    private struct View: Encodable, Sendable {
        let id: String
        let name: String
        let prefix: String
        let scopes: [String]
        let mode: String
        @OrNull var domain: String?
        let rateLimitPerMinute: Int
        let allowedCidrs: [String]
        @OrNull var expiresAt: Date?
        @OrNull var lastUsedAt: Date?
        let createdAt: Date
        /// At creation only.
        var key: String?
        var note: String?

        static let columns: SQL = """
            id, name, prefix, scopes, mode, domain, rate_per_minute, allowed_cidrs::text[] AS allowed_cidrs,
            expires_at, last_used_at, created_at
            """
        static let schema = Schema.record([
            "id": .uuid, "name": .string.example("Production API"),
            "prefix": .string.example("dsp_live_a1b2"),
            "scopes": Schema.array(.string.example("emails:send")), "mode": .choice("live", "test"),
            "domain": .string.nullable, "rate_limit_per_minute": .integer.example(100),
            "allowed_cidrs": .array(.string), "expires_at": .dateTime.nullable,
            "last_used_at": .dateTime.nullable, "created_at": .dateTime,
        ]).named("APIKey")
        static let created = schema.with([
            "key": .string.example("dsp_live_a1b2c3d4e5f6").described("Shown this once."),
            "note": .string.example("Save this key now - it will not be shown again."),
        ]).named("NewAPIKey")

        init(_ row: PostgresRow) throws(PostgresError) {
            id = try row["id", as: UUID.self].text
            name = try row["name"]
            prefix = try row["prefix"]
            scopes = try row["scopes"]
            mode = try row["mode"]
            let domain = try row["domain", as: String?.self]
            _domain = OrNull(wrappedValue: domain)
            rateLimitPerMinute = try row["rate_per_minute"]
            allowedCidrs = try row["allowed_cidrs"]
            let (expires, used) = (
                try row["expires_at", as: Date?.self], try row["last_used_at", as: Date?.self]
            )
            _expiresAt = OrNull(wrappedValue: expires)
            _lastUsedAt = OrNull(wrappedValue: used)
            createdAt = try row["created_at"]
        }
    }

    private func create(_ call: TenantCall) async throws -> HTTPResponse {
        let new = try await call.decode(NewAPIKey.self).checked(now: context.clock())
        let (tenant, actor) = (call.tenant, call.actor)
        var view = try await context.pool.transaction(as: call.rows) { connection in
            let rows = try await connection.query(
                """
                INSERT INTO api_keys (tenant_id, name, prefix, hash, scopes, mode, domain, rate_per_minute,
                    allowed_cidrs, expires_at, created_by)
                SELECT \(tenant.uuid), \(new.name), \(new.prefix), \(new.hash), \(new.scopes),
                    \(new.mode.rawValue), \(new.domain), \(new.ratePerMinute),
                    \(new.networks)::text[]::cidr[], \(new.expiresAt), \(actor.id)
                WHERE (SELECT count(*) FROM api_keys WHERE tenant_id = \(tenant.uuid) AND revoked_at IS NULL)
                    < \(Self.maxKeys)
                RETURNING \(View.columns)
                """)
            guard let row = rows.first else {
                throw APIError(400, "limit_reached", "A tenant may have \(Self.maxKeys) API keys.")
            }
            let view = try View(row)
            try await Audit.write(
                connection, actor, tenant: tenant, "api_key.created", record: ("api_key", view.id),
                detail: ["name": new.name, "prefix": new.prefix, "scopes": new.scopes.joined(separator: " ")])
            return view
        }
        view.key = new.key
        view.note = "Save this key now - it will not be shown again."
        return try HTTPResponse.data(view, status: 201).header("Cache-Control", "no-store")
    }

    private func list(_ call: TenantCall) async throws -> HTTPResponse {
        let tenant = call.tenant.uuid
        let rows = try await context.pool.query(
            """
            SELECT \(View.columns) FROM api_keys WHERE tenant_id = \(tenant) AND revoked_at IS NULL
            ORDER BY created_at, id
            """, as: call.rows)
        return try .data(try rows.map { try View($0) })
    }

    private func revoke(_ call: TenantCall) async throws -> HTTPResponse {
        let id = try call.id("key_id", of: "API key")
        let (tenant, actor) = (call.tenant, call.actor)
        try await context.pool.transaction(as: call.rows) { connection in
            let revoked = try await connection.execute(
                """
                UPDATE api_keys SET revoked_at = now()
                WHERE tenant_id = \(tenant.uuid) AND id = \(id) AND revoked_at IS NULL
                """)
            guard revoked == 1 else { throw APIError.noSuch("API key") }
            try await Audit.write(
                connection, actor, tenant: tenant, "api_key.revoked", record: ("api_key", id.text))
        }
        return try .message("API key revoked")
    }
}
