import Crypto
import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// Usernames with passwords, for SMTP and HTTP Basic. The password is random, shown once and stored as a
/// hash.
package struct Credentials: Sendable {
    static let maxCredentials = 500

    private let context: ControlContext
    private let authenticator: Authenticator

    package init(_ context: ControlContext, _ authenticator: Authenticator) {
        self.context = context
        self.authenticator = authenticator
    }

    package func add(to router: inout Router) {
        router.tenant(
            .post, "/credentials", authenticator, needs: .role(.admin),
            RouteInfo(
                summary: "Create SMTP/API credential", details: "The password is shown this once.",
                tag: "Credentials",
                requestSchema: .object(["label": .string.required.example("Production API")]),
                responses: [
                    .init(201, "The credential.", .data(Created.schema)),
                    .init(400, "A field is wrong, or there are too many.", codes: ["limit_reached"]),
                ])
        ) { try await create($0) }
        router.tenant(
            .get, "/credentials", authenticator, needs: .role(.viewer),
            RouteInfo(
                summary: "List credentials", tag: "Credentials",
                responses: [.init(200, "The credentials.", .data(.array(Listed.schema)))])
        ) { try await list($0) }
        router.tenant(
            .delete, "/credentials/{credential_id}", authenticator, needs: .role(.admin),
            RouteInfo(
                summary: "Revoke a credential", tag: "Credentials",
                responses: [.init(200, "It is revoked.", .message("Credential revoked"))])
        ) { try await revoke($0) }
    }

    private struct Created: Encodable {
        let id: String
        let username: String
        let password: String
        let label: String
        let smtpHost: String
        let smtpPort: Int
        let note = "Save this password now - it will not be shown again."

        static let schema = Schema.record([
            "id": .uuid, "username": .string.example("3f9c2a17b0d4e658@dispatch.example.com"),
            "password": .string.example("dp_sk_a1b2c3d4e5f6").described("Shown this once."),
            "label": .string.example("Production API"), "smtp_host": .string.example("dispatch.example.com"),
            "smtp_port": .integer.example(2525),
            "note": .string.example("Save this password now - it will not be shown again."),
        ]).named("NewCredential")
    }

    private struct Listed: Encodable {
        let id: String
        let username: String
        let label: String
        @OrNull var lastUsedAt: Date?
        let createdAt: Date

        static let schema = Schema.record([
            "id": .uuid, "username": .string.example("3f9c2a17b0d4e658@dispatch.example.com"),
            "label": .string.example("Production API"), "last_used_at": .dateTime.nullable,
            "created_at": .dateTime,
        ]).named("Credential")
    }

    private struct Creation: Decodable {
        let label: String
    }

    private func create(_ call: TenantCall) async throws -> HTTPResponse {
        let label = try await call.decode(Creation.self).label.trimmingWhitespace
        guard (1...200).contains(label.count) else {
            throw APIError.invalid("label", "must have 1 to 200 characters")
        }
        let username = "\(Hex.encode(SecureRandom.bytes(8)))@\(context.serviceHost)"
        let password = SecureRandom.token(prefix: "dp_sk_", bytes: 32)
        let hash = Digest.sha256(password)
        let (tenant, actor) = (call.tenant, call.actor)
        let id = try await context.pool.transaction(as: call.rows) { connection in
            let rows = try await connection.query(
                """
                INSERT INTO credentials (tenant_id, label, username, password_hash, created_by)
                SELECT \(tenant.uuid), \(label), lower(\(username)), \(hash), \(actor.id)
                WHERE (SELECT count(*) FROM credentials
                       WHERE tenant_id = \(tenant.uuid) AND revoked_at IS NULL)
                    < \(Self.maxCredentials)
                RETURNING id
                """)
            guard let row = rows.first else {
                throw APIError(400, "limit_reached", "A tenant may have \(Self.maxCredentials) credentials.")
            }
            let id = try row["id", as: UUID.self]
            try await Audit.write(
                connection, actor, tenant: tenant, "credential.created", record: ("credential", id.text),
                detail: ["label": label, "username": username])
            return id
        }
        let created = Created(
            id: id.text, username: username.lowercased(), password: password, label: label,
            smtpHost: context.serviceHost, smtpPort: context.smtpPort)
        return try HTTPResponse.data(created, status: 201).header("Cache-Control", "no-store")
    }

    private func list(_ call: TenantCall) async throws -> HTTPResponse {
        let tenant = call.tenant.uuid
        let rows = try await context.pool.query(
            """
            SELECT id, username, label, last_used_at, created_at FROM credentials
            WHERE tenant_id = \(tenant) AND revoked_at IS NULL ORDER BY created_at, id
            """, as: call.rows)
        let listed = try rows.map { row in
            Listed(
                id: try row["id", as: UUID.self].text, username: try row["username"], label: try row["label"],
                lastUsedAt: try row["last_used_at"], createdAt: try row["created_at"])
        }
        return try .data(listed)
    }

    private func revoke(_ call: TenantCall) async throws -> HTTPResponse {
        let id = try call.id("credential_id", of: "credential")
        let (tenant, actor) = (call.tenant, call.actor)
        try await context.pool.transaction(as: call.rows) { connection in
            let revoked = try await connection.execute(
                """
                UPDATE credentials SET revoked_at = now()
                WHERE tenant_id = \(tenant.uuid) AND id = \(id) AND revoked_at IS NULL
                """)
            guard revoked == 1 else { throw APIError.noSuch("credential") }
            try await Audit.write(
                connection, actor, tenant: tenant, "credential.revoked", record: ("credential", id.text))
        }
        return try .message("Credential revoked")
    }
}
