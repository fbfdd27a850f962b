import Crypto
import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// Log-in of local accounts, who one is, and the change of one's password.
package struct Login: Sendable {
    /// What a password is compared with when the name is unknown, so that the answer takes as long.
    private static let nobody =
        "$scrypt$ln=15,r=8,p=3$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

    private let context: ControlContext
    private let authenticator: Authenticator
    private let accounts: Accounts
    private let guardian = LoginGuard()

    package init(_ context: ControlContext, _ authenticator: Authenticator) {
        self.context = context
        self.authenticator = authenticator
        accounts = Accounts(pool: context.pool, blocking: context.passwords)
    }

    package func add(to router: inout Router) {
        let session = RouteInfo.Response(200, "A token.", .data(Session.schema))
        router.on(
            .post, "/api/v1/auth/login",
            RouteInfo(
                summary: "Log in with a local account", tag: "Identity", authentication: .none,
                requestSchema: .object([
                    "email": .string.required.example("ada@example.com"),
                    "password": .string.required.example("correct horse battery"),
                ]),
                responses: [
                    session, .init(401, "Wrong address or password.", codes: ["invalid_login"]),
                    .init(429, "Too many attempts.", codes: ["too_many_attempts"]),
                ])
        ) { request in try await PostgresError.answered { try await logIn(request) } }
        router.user(
            .get, "/api/v1/auth/me", authenticator,
            RouteInfo(
                summary: "Who the caller is", tag: "Identity",
                responses: [.init(200, "The caller.", .data(Person.schema))])
        ) { try await me($0) }
        router.user(
            .post, "/api/v1/auth/password", authenticator,
            RouteInfo(
                summary: "Change one's password", details: "Voids every token that was issued before.",
                tag: "Identity", authentication: .bearer,
                requestSchema: .object([
                    "current_password": .string.required.example("correct horse battery"),
                    "new_password": .string.required.example("staple correct horse"),
                ]),
                responses: [
                    session, .init(403, "Only local accounts have a password here.", codes: ["forbidden"]),
                ])
        ) { try await changePassword($0) }
    }

    // MARK: Log-in

    private struct Credentials: Decodable {
        let email: String
        let password: String
    }

    private struct Session: Encodable {
        let accessToken: String
        let tokenType = "Bearer"
        /// Seconds.
        let expiresIn: Int64
        let user: Person

        static let schema = Schema.record([
            "access_token": .string.example("eyJhbGciOiJFZERTQSJ9.e30.c2ln"),
            "token_type": .string.example("Bearer"),
            "expires_in": .integer.example(3600).described("Seconds."), "user": Person.schema,
        ])
    }

    private struct Person: Encodable {
        let id: String
        let email: String?
        var name: String?
        let kind: String
        let isOperator: Bool
        /// Roles by tenant id.
        let tenants: [String: MemberRole]

        static let schema = Schema.record([
            "id": .string.example("0f8fad5b-d9cb-469f-a165-70867728950e"),
            "email": .string.optional.example("ada@example.com"), "name": .string.optional,
            "kind": .choice("user", "operator", "api_key", "credential"), "is_operator": .boolean,
            "tenants": .map(of: .choice("owner", "admin", "member", "viewer")),
        ])
    }

    /// What the database knows of a name that logs in.
    private struct Found: Sendable {
        let id: UUID
        let account: Account
        let hash: String
        let voidBefore: Int64
        let tenants: [TenantID: MemberRole]
    }

    private func logIn(_ request: HTTPRequest) async throws -> HTTPResponse {
        let body = try await request.decode(Credentials.self, maxBytes: 16 * 1024)
        let proven = try await guardian.attempt(
            address: request.remoteAddress.ip, name: body.email, now: context.clock()
        ) { try await prove(body.email, body.password) }
        guard let proven else {
            throw APIError(401, "invalid_login", "The address or the password is wrong.")
        }
        try await noteLogIn(proven, body.password)
        return try session(proven, voidBefore: proven.voidBefore)
    }

    /// Nil when the account is unknown or disabled, or the password another; each takes the same time.
    private func prove(_ email: String, _ password: String) async throws -> Found? {
        let found = try await context.pool.transaction(as: .system, mode: .readOnly) { connection in
            try await Self.find("lower(email) = lower(\(email))", connection)
        }
        let hash = found?.hash ?? Self.nobody
        guard password.utf8.count <= Scrypt.maxPasswordBytes else { return nil }
        let isRight = try await context.passwords.run { Scrypt.verify(password, against: hash) }
        guard isRight, let found, !found.account.isDisabled else { return nil }
        return found
    }

    private static func find(_ filter: SQL, _ connection: PostgresConnection) async throws -> Found? {
        let rows = try await connection.query(
            """
            SELECT \(Account.columns), password_hash,
                extract(epoch FROM tokens_void_before)::bigint AS void_before
            FROM users WHERE \(filter)
            """)
        guard let row = rows.first else { return nil }
        let id = try row["id", as: UUID.self]
        return Found(
            id: id, account: try Account(row), hash: try row["password_hash"],
            voidBefore: try row["void_before"],
            tenants: try await memberships(of: id.text, connection))
    }

    /// Tokens name the first hundred; the others are found in the database.
    private static func memberships(
        of subject: String, _ connection: PostgresConnection
    ) async throws -> [TenantID: MemberRole] {
        let rows = try await connection.query(
            """
            SELECT tenant_id, role FROM memberships WHERE subject = \(subject)
            ORDER BY created_at, tenant_id LIMIT 100
            """)
        var roles: [TenantID: MemberRole] = [:]
        for row in rows { roles[TenantID(try row["tenant_id"])] = MemberRole(rawValue: try row["role"]) }
        return roles
    }

    private func noteLogIn(_ found: Found, _ password: String) async throws {
        let fresh =
            Scrypt.needsRehash(found.hash)
            ? try await context.passwords.run { try Scrypt.hash(password) } : found.hash
        try await context.pool.execute(
            """
            UPDATE users SET last_login_at = now(), password_hash = \(fresh)
            WHERE id = \(found.id) AND password_hash = \(found.hash)
            """, as: .system)
    }

    private func session(_ found: Found, voidBefore: Int64) throws -> HTTPResponse {
        let account = found.account
        let token = try context.tokens.issue(
            subject: account.id, email: account.email, tenants: found.tenants, isOperator: account.isOperator,
            now: context.nowSeconds, voidBefore: voidBefore)
        let person = Person(
            id: account.id, email: account.email, name: account.name,
            kind: account.isOperator ? "operator" : "user", isOperator: account.isOperator,
            tenants: Self.texts(found.tenants))
        return try HTTPResponse.data(
            Session(accessToken: token, expiresIn: context.tokens.settings.lifetimeSeconds, user: person)
        ).header("Cache-Control", "no-store")
    }

    private static func texts(_ roles: [TenantID: MemberRole]) -> [String: MemberRole] {
        Dictionary(uniqueKeysWithValues: roles.map { ($0.key.description, $0.value) })
    }

    // MARK: Oneself

    private func me(_ call: CallerCall) async throws -> HTTPResponse {
        let caller = call.caller
        var roles = caller.roles
        if caller.kind == .user || caller.isOperator {
            let stored = try await context.pool.transaction(as: .system, mode: .readOnly) { connection in
                try await Self.memberships(of: caller.id, connection)
            }
            roles.merge(stored) { claimed, _ in claimed }
        } else if let home = caller.homeTenant {
            roles[home] = caller.role(in: home) ?? .viewer
        }
        return try .data(
            Person(
                id: caller.id, email: caller.email, kind: caller.kind.rawValue, isOperator: caller.isOperator,
                tenants: Self.texts(roles)))
    }

    private struct PasswordChange: Decodable {
        let currentPassword: String
        let newPassword: String

        enum CodingKeys: String, CodingKey {
            case currentPassword = "current_password"
            case newPassword = "new_password"
        }
    }

    private func changePassword(_ call: CallerCall) async throws -> HTTPResponse {
        guard call.caller.kind == .user || call.caller.isOperator, let id = UUID(uuidString: call.caller.id)
        else {
            throw APIError(403, "forbidden", "Only local accounts have a password here.")
        }
        let body = try await call.decode(PasswordChange.self)
        let found = try await context.pool.transaction(as: .system, mode: .readOnly) { connection in
            try await Self.find("id = \(id)", connection)
        }
        guard let found else { throw APIError(403, "forbidden", "Only local accounts have a password here.") }
        let proven = try await guardian.attempt(
            address: call.request.remoteAddress.ip, name: found.account.email, now: context.clock()
        ) { () -> Bool? in
            let isRight = try await context.passwords.run {
                Scrypt.verify(body.currentPassword, against: found.hash)
            }
            return isRight ? true : nil
        }
        guard proven != nil else { throw APIError.invalid("current_password", "is wrong") }
        let voidBefore = try await accounts.setPassword(body.newPassword, id, actor: call.actor)
        return try session(found, voidBefore: voidBefore)
    }
}
