import Crypto
import EventLoop
import FoundationEssentials
import HTTP
import MailFormat
import NodeProtocol
import Postgres

/// A local account.
package struct Account: Encodable, Sendable {
    package let id: String
    package let email: String
    package let name: String
    package let isOperator: Bool
    package let isDisabled: Bool
    @OrNull package var lastLoginAt: Date?
    package let createdAt: Date

    static let columns: SQL = "id, email, name, is_operator, disabled_at, last_login_at, created_at"

    init(_ row: PostgresRow) throws(PostgresError) {
        id = try row["id", as: UUID.self].text
        email = try row["email"]
        name = try row["name"]
        isOperator = try row["is_operator"]
        isDisabled = try row["disabled_at", as: Date?.self] != nil
        let last = try row["last_login_at", as: Date?.self]
        _lastLoginAt = OrNull(wrappedValue: last)
        createdAt = try row["created_at"]
    }

    static let schema = Schema.record([
        "id": .uuid, "email": .string.example("grace@example.com"), "name": .string.example("Grace"),
        "is_operator": .boolean, "is_disabled": .boolean, "last_login_at": .dateTime.nullable,
        "created_at": .dateTime,
    ]).named("Account")
}

/// The local accounts: made, found, changed. Also for the command line, which has a database and no HTTP.
package struct Accounts: Sendable {
    package static let minPasswordCharacters = 12

    private let pool: PostgresPool
    private let blocking: BlockingPool

    package init(pool: PostgresPool, blocking: BlockingPool) {
        self.pool = pool
        self.blocking = blocking
    }

    /// Makes an account.
    ///
    /// - Throws: `APIError` 400 for an address or a password that will not do, 409 when the
    ///   address has an account.
    package func createUser(
        email: String, password: String, name: String = "", isOperator: Bool = false,
        actor: AuditActor = .system
    ) async throws -> Account {
        let email = try Self.address(email)
        let hash = try await hash(password, field: "password")
        guard name.count <= 200 else { throw APIError.invalid("name", "must have at most 200 characters") }
        return try await pool.transaction(as: .system) { connection in
            let rows = try await connection.query(
                """
                INSERT INTO users (email, name, password_hash, is_operator)
                VALUES (\(email), \(name), \(hash), \(isOperator))
                ON CONFLICT (lower(email)) DO NOTHING RETURNING \(Account.columns)
                """)
            guard let row = rows.first else {
                throw APIError(409, "already_exists", "This address has an account already.", field: "email")
            }
            let account = try Account(row)
            try await Audit.write(
                connection, actor, tenant: nil, "user.created", record: ("user", account.id),
                detail: ["email": email, "operator": "\(isOperator)"])
            return account
        }
    }

    /// Makes the account an operator with this password, whatever it was before, and voids its tokens: for
    /// the first operator, and for whoever locked himself out and still has the database.
    package func bootstrapOperator(email: String, password: String) async throws -> Account {
        let email = try Self.address(email)
        let hash = try await hash(password, field: "password")
        return try await pool.transaction(as: .system) { connection in
            let rows = try await connection.query(
                """
                INSERT INTO users (email, password_hash, is_operator) VALUES (\(email), \(hash), true)
                ON CONFLICT (lower(email)) DO UPDATE SET password_hash = EXCLUDED.password_hash,
                    is_operator = true, disabled_at = NULL, tokens_void_before = next_second(),
                    updated_at = now()
                RETURNING \(Account.columns)
                """)
            guard let row = rows.first else { throw APIError.internalError }
            let account = try Account(row)
            try await Audit.write(
                connection, .system, tenant: nil, "user.bootstrapped", record: ("user", account.id),
                detail: ["email": email])
            return account
        }
    }

    /// Disables or enables an account; a disabled one has no good tokens.
    ///
    /// - Throws: `APIError` 404.
    func setDisabled(_ isDisabled: Bool, _ id: UUID, actor: AuditActor) async throws -> Account {
        try await pool.transaction(as: .system) { connection in
            let rows = try await connection.query(
                """
                UPDATE users SET disabled_at = CASE WHEN \(isDisabled) THEN coalesce(disabled_at, now()) END,
                    tokens_void_before = next_second(), updated_at = now()
                WHERE id = \(id) RETURNING \(Account.columns)
                """)
            guard let row = rows.first else { throw APIError.noSuch("user") }
            try await Audit.write(
                connection, actor, tenant: nil, isDisabled ? "user.disabled" : "user.enabled",
                record: ("user", id.text))
            return try Account(row)
        }
    }

    /// Sets another password and voids every token.
    ///
    /// - Returns: seconds since 1970 before which tokens are void.
    func setPassword(_ password: String, _ id: UUID, actor: AuditActor) async throws -> Int64 {
        let hash = try await hash(password, field: "new_password")
        return try await pool.transaction(as: .system) { connection in
            let rows = try await connection.query(
                """
                UPDATE users SET password_hash = \(hash), tokens_void_before = next_second(),
                    updated_at = now()
                WHERE id = \(id) RETURNING extract(epoch FROM tokens_void_before)::bigint AS void_before
                """)
            guard let row = rows.first else { throw APIError.noSuch("user") }
            try await Audit.write(
                connection, actor, tenant: nil, "user.password_changed", record: ("user", id.text))
            return try row["void_before"]
        }
    }

    /// - Throws: `APIError` 400 with the field.
    func hash(_ password: String, field: String) async throws -> String {
        guard password.count >= Self.minPasswordCharacters, password.utf8.count <= Scrypt.maxPasswordBytes
        else {
            throw APIError.invalid(
                field,
                "must have \(Self.minPasswordCharacters) characters or more, and at most "
                    + "\(Scrypt.maxPasswordBytes) bytes"
            )
        }
        return try await blocking.run { try Scrypt.hash(password) }
    }

    static func address(_ text: String) throws(APIError) -> String {
        do { return try MailAddress(text).description } catch {
            throw APIError.invalid("email", "is no address: \(error)")
        }
    }
}
