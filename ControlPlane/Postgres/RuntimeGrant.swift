/// Lets the login of the running service take on the two roles, without having their rights all the time.
struct RuntimeGrant {
    /// nil stands for the login that migrates.
    let role: String?

    /// Changes nothing when all is as it should be: roles belong to the whole server, and two databases of it
    /// may be migrated at once.
    func apply(_ connection: PostgresConnection) async throws {
        var attempt = 1
        while true {
            do {
                return try await grant(connection)
            } catch let error as PostgresError where attempt < 5 && Self.isRace(error) {
                attempt += 1
            }
        }
    }

    private func grant(_ connection: PostgresConnection) async throws {
        // A schema without these roles (a test of the migrator) has nothing to grant.
        let groups = try await connection.query(
            "SELECT FROM pg_roles WHERE rolname IN ('dispatch_tenant', 'dispatch_system')")
        guard groups.count == 2 else { return }
        let login = try await loginName(connection)
        if try await !isMember(login, connection) {
            // Before PostgreSQL 16 inheriting is a property of the member, since then of the membership.
            let terms: SQL = connection.serverVersion >= 160_000 ? " WITH INHERIT FALSE, SET TRUE" : ""
            try await connection.query(
                "GRANT dispatch_tenant, dispatch_system TO \(identifier: login)\(terms)")
        }
        if role != nil, connection.serverVersion < 160_000, try await inherits(login, connection) {
            try await connection.query("ALTER ROLE \(identifier: login) NOINHERIT")
        }
    }

    private func loginName(_ connection: PostgresConnection) async throws -> String {
        if let role { return role }
        guard let row = try await connection.query("SELECT session_user::text AS name").first else {
            throw PostgresError.unavailable("the session has no user")
        }
        return try row["name"]
    }

    private func isMember(_ login: String, _ connection: PostgresConnection) async throws -> Bool {
        try await connection.query(
            """
            SELECT FROM pg_auth_members m
            JOIN pg_roles g ON g.oid = m.roleid JOIN pg_roles r ON r.oid = m.member
            WHERE r.rolname = \(login) AND g.rolname IN ('dispatch_tenant', 'dispatch_system')
            """
        ).count >= 2
    }

    private func inherits(_ login: String, _ connection: PostgresConnection) async throws -> Bool {
        try await !connection.query("SELECT FROM pg_roles WHERE rolname = \(login) AND rolinherit").isEmpty
    }

    /// "Tuple concurrently updated" (an internal error to the server) and the unique index of memberships.
    private static func isRace(_ error: PostgresError) -> Bool {
        error.sqlState == .uniqueViolation || error.sqlState == SQLState(rawValue: "XX000")
    }
}
