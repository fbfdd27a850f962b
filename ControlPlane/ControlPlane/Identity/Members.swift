import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// Who belongs to a tenant and in which role.
///
/// Admins manage members, but only owners make or unmake owners, and a tenant never loses its last one.
/// Whoever loses a role loses his tokens with it, since they name the old one.
package struct Members: Sendable {
    static let maxMembers = 500

    private let context: ControlContext
    private let authenticator: Authenticator

    package init(_ context: ControlContext, _ authenticator: Authenticator) {
        self.context = context
        self.authenticator = authenticator
    }

    package func add(to router: inout Router) {
        let lastOwner = RouteInfo.Response(400, "A tenant keeps an owner.", codes: ["last_owner"])
        router.tenant(
            .post, "/members", authenticator, needs: .role(.admin),
            RouteInfo(
                summary: "Add a member", details: "By `subject`, or by the `email` of a local account.",
                tag: "Members", authentication: .bearer,
                requestSchema: .object([
                    "subject": .string, "email": .string.example("ada@example.com"),
                    "role": .choice("owner", "admin", "member", "viewer").required.example("member"),
                ]),
                responses: [
                    .init(201, "The member.", .data(Member.schema, message: "Member added")),
                    .init(409, "This is a member already.", codes: ["already_exists"]),
                ])
        ) { try await invite($0) }
        router.tenant(
            .get, "/members", authenticator, needs: .role(.viewer),
            RouteInfo(
                summary: "List members", tag: "Members",
                responses: [.init(200, "The members.", .data(.array(Member.schema)))])
        ) { try await list($0) }
        router.tenant(
            .put, "/members/{subject}", authenticator, needs: .role(.admin),
            RouteInfo(
                summary: "Change a member's role", tag: "Members", authentication: .bearer,
                requestSchema: .object([
                    "role": .choice("owner", "admin", "member", "viewer").required.example("viewer")
                ]),
                responses: [
                    .init(200, "The member.", .data(Member.schema, message: "Member changed")), lastOwner,
                ])
        ) { try await change($0) }
        router.tenant(
            .delete, "/members/{subject}", authenticator, needs: .role(.admin),
            RouteInfo(
                summary: "Remove a member", tag: "Members", authentication: .bearer,
                responses: [.init(200, "No member any more.", .message("Member removed")), lastOwner])
        ) { try await remove($0) }
    }

    private struct Member: Encodable, Sendable {
        let subject: String
        let role: MemberRole
        @OrNull var email: String?
        let createdAt: Date

        static let columns: SQL = "subject, role, email, created_at"
        static let schema = Schema.record([
            "subject": .string.example("0f8fad5b-d9cb-469f-a165-70867728950e"),
            "role": .choice("owner", "admin", "member", "viewer"),
            "email": .string.nullable.example("ada@example.com"), "created_at": .dateTime,
        ]).named("Member")

        init(_ row: PostgresRow) throws(PostgresError) {
            subject = try row["subject"]
            role = MemberRole(rawValue: try row["role"]) ?? .viewer
            let email = try row["email", as: String?.self]
            _email = OrNull(wrappedValue: email)
            createdAt = try row["created_at"]
        }
    }

    private struct Invitation: Decodable {
        let subject: String?
        let email: String?
        let role: MemberRole
    }

    private func invite(_ call: TenantCall) async throws -> HTTPResponse {
        let body = try await call.decode(Invitation.self)
        guard (body.subject == nil) != (body.email == nil) else {
            throw APIError.invalid("subject", "or `email` is required, and not both")
        }
        if let subject = body.subject, !(1...255).contains(subject.utf8.count) {
            throw APIError.invalid("subject", "must have 1 to 255 bytes")
        }
        try call.mayGrant(body.role)
        let (tenant, actor, role) = (call.tenant, call.actor, body.role)
        let (givenSubject, givenEmail) = (body.subject, body.email)
        let member = try await context.pool.transaction(as: .system) { connection in
            var (subject, email) = (givenSubject, givenEmail)
            if let givenEmail {
                let rows = try await connection.query(
                    """
                    SELECT id, email FROM users
                    WHERE lower(email) = lower(\(givenEmail)) AND disabled_at IS NULL
                    """
                )
                guard let row = rows.first else {
                    throw APIError.invalid("email", "has no account here")
                }
                subject = try row["id", as: UUID.self].text
                email = try row["email"]
            }
            let rows = try await connection.query(
                """
                INSERT INTO memberships (tenant_id, subject, role, email, added_by)
                SELECT \(tenant.uuid), \(subject), \(role.rawValue), \(email), \(actor.id)
                WHERE (SELECT count(*) FROM memberships WHERE tenant_id = \(tenant.uuid)) < \(Self.maxMembers)
                ON CONFLICT DO NOTHING RETURNING \(Member.columns)
                """)
            guard let row = rows.first else {
                throw APIError(409, "already_exists", "This is a member already, or there are too many.")
            }
            let member = try Member(row)
            try await Audit.write(
                connection, actor, tenant: tenant, "member.added", record: ("member", member.subject),
                detail: ["role": role.rawValue])
            return member
        }
        return try .data(member, message: "Member added", status: 201)
    }

    private func list(_ call: TenantCall) async throws -> HTTPResponse {
        let tenant = call.tenant.uuid
        let rows = try await context.pool.query(
            """
            SELECT \(Member.columns) FROM memberships WHERE tenant_id = \(tenant)
            ORDER BY created_at, subject
            """,
            as: call.rows)
        return try .data(try rows.map { try Member($0) })
    }

    private struct RoleChange: Decodable {
        let role: MemberRole
    }

    private func change(_ call: TenantCall) async throws -> HTTPResponse {
        let role = try await call.decode(RoleChange.self).role
        try call.mayGrant(role)
        let (tenant, actor, isOwner) = (call.tenant, call.actor, call.isOwner)
        let subject = call.request.parameter("subject")
        let member = try await context.pool.transaction(as: .system) { connection in
            let old = try await Self.lock(
                subject, tenant, losing: role < .owner, isOwner: isOwner, connection)
            let rows = try await connection.query(
                """
                UPDATE memberships SET role = \(role.rawValue)
                WHERE tenant_id = \(tenant.uuid) AND subject = \(subject) RETURNING \(Member.columns)
                """)
            guard let row = rows.first else { throw APIError.noSuch("member") }
            if role < old { try await Self.voidTokens(of: subject, connection) }
            try await Audit.write(
                connection, actor, tenant: tenant, "member.changed", record: ("member", subject),
                detail: ["from": old.rawValue, "to": role.rawValue])
            return try Member(row)
        }
        return try .data(member, message: "Member changed")
    }

    private func remove(_ call: TenantCall) async throws -> HTTPResponse {
        let (tenant, actor, isOwner) = (call.tenant, call.actor, call.isOwner)
        let subject = call.request.parameter("subject")
        try await context.pool.transaction(as: .system) { connection in
            let old = try await Self.lock(subject, tenant, losing: true, isOwner: isOwner, connection)
            try await connection.query(
                "DELETE FROM memberships WHERE tenant_id = \(tenant.uuid) AND subject = \(subject)")
            try await Self.voidTokens(of: subject, connection)
            try await Audit.write(
                connection, actor, tenant: tenant, "member.removed", record: ("member", subject),
                detail: ["role": old.rawValue])
        }
        return try .message("Member removed")
    }

    /// Locks the tenant's owners and the member, and gives the member's role.
    ///
    /// - Parameter losing: whether the member will be no owner afterwards.
    private static func lock(
        _ subject: String, _ tenant: TenantID, losing: Bool, isOwner: Bool, _ connection: PostgresConnection
    ) async throws -> MemberRole {
        let rows = try await connection.query(
            """
            SELECT subject, role FROM memberships
            WHERE tenant_id = \(tenant.uuid) AND (role = 'owner' OR subject = \(subject))
            ORDER BY subject FOR UPDATE
            """)
        let members = try rows.map { row in
            (
                subject: try row["subject", as: String.self],
                role: MemberRole(rawValue: try row["role"]) ?? .viewer
            )
        }
        guard let member = members.first(where: { $0.subject == subject }) else {
            throw APIError.noSuch("member")
        }
        guard member.role == .owner else { return member.role }
        guard isOwner else { throw APIError(403, "forbidden", "Only owners change owners.") }
        if losing, members.count(where: { $0.role == .owner }) == 1 {
            throw APIError(400, "last_owner", "A tenant keeps at least one owner.")
        }
        return .owner
    }

    private static func voidTokens(of subject: String, _ connection: PostgresConnection) async throws {
        guard let id = UUID(uuidString: subject) else { return }
        try await connection.query("UPDATE users SET tokens_void_before = next_second() WHERE id = \(id)")
    }
}

extension TenantCall {
    fileprivate var isOwner: Bool { caller.role(in: tenant) == .owner }

    fileprivate func mayGrant(_ role: MemberRole) throws(APIError) {
        guard role < .owner || isOwner else {
            throw APIError(403, "forbidden", "Only owners make owners.", field: "role")
        }
    }
}
