import Crypto
import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// The secrets that tokens of tracking and unsubscribe links are made and proven with.
///
/// One makes tokens. A new one is published first and makes tokens a minute later, so that no node is asked
/// about a token whose key it has not heard of. The one before goes on proving for 400 days: mail is read
/// late. Nodes know the keys, so a node that is removed makes a new one necessary, and can make tokens with
/// the old one for as long as that proves.
struct TrackingKeys: Sendable {
    /// Days after which a key that makes no more tokens proves none either.
    static let provingDays: Int32 = 400
    /// How long nodes have to hear of a key before it makes tokens.
    private static let waitingSeconds: Double = 60
    private static let secretBytes = 32

    /// A key as operators see it; the secret is never shown.
    struct View: Encodable, Sendable {
        let id: Int
        let state: String
        let createdAt: Date
        @OrNull var inUseSince: Date?
        @OrNull var replacedAt: Date?

        static let schema = Schema.record([
            "id": .integer.example(1), "state": .choice("in_use", "waiting", "proving"),
            "created_at": .dateTime, "in_use_since": .dateTime.nullable, "replaced_at": .dateTime.nullable,
        ]).named("TrackingKey")

        init(_ row: PostgresRow) throws {
            id = try row["id"]
            createdAt = try row["created_at"]
            let used: Date? = try row["in_use_since"]
            let replaced: Date? = try row["replaced_at"]
            state = replaced != nil ? "proving" : used != nil ? "in_use" : "waiting"
            _inUseSince = OrNull(wrappedValue: used)
            _replacedAt = OrNull(wrappedValue: replaced)
        }
    }

    /// All 256 ids stand in links that are still followed.
    struct NoFreeID: Error {}

    let masterSeal: SymmetricSeal

    static func sealContext(_ id: String) -> String { "tracking-key:\(id)" }

    /// Makes the first key of a cluster, which makes tokens at once. Under the lock of `ClusterKeys.ensure`.
    func ensure(_ connection: PostgresConnection) async throws {
        let rows = try await connection.query("SELECT id FROM tracking_keys LIMIT 1")
        guard rows.isEmpty else { return }
        _ = try await insert(connection, isInUse: true)
    }

    /// Adds a key that makes tokens when `takeOver` finds that the nodes had time to hear of it. One that
    /// waits already is taken for it, unless it must not be.
    ///
    /// - Parameter isCompromised: whether a node that must not know the next key may know one that waits.
    /// - Throws: `NoFreeID`.
    func rotate(_ connection: PostgresConnection, isCompromised: Bool) async throws -> View {
        try await connection.query("SELECT pg_advisory_xact_lock(hashtextextended('tracking keys', 0))")
        let waiting = try await connection.query(
            "SELECT * FROM tracking_keys WHERE in_use_since IS NULL ORDER BY created_at DESC LIMIT 1"
        ).first
        if let waiting {
            if !isCompromised { return try View(waiting) }
            try await connection.query("DELETE FROM tracking_keys WHERE in_use_since IS NULL")
        }
        return try await insert(connection, isInUse: false)
    }

    private func insert(_ connection: PostgresConnection, isInUse: Bool) async throws -> View {
        let row = try await connection.query(
            """
            SELECT n.id FROM generate_series(0, 255) AS n(id)
            WHERE NOT EXISTS (SELECT FROM tracking_keys k WHERE k.id = n.id)
            ORDER BY n.id <= (SELECT id FROM tracking_keys ORDER BY created_at DESC LIMIT 1), n.id LIMIT 1
            """
        ).first
        guard let row else { throw NoFreeID() }
        let id: Int = try row["id"]
        let sealed = try masterSeal.seal(
            SecureRandom.bytes(Self.secretBytes), context: Array(Self.sealContext(String(id)).utf8))
        let inserted = try await connection.query(
            """
            INSERT INTO tracking_keys (id, secret_sealed, in_use_since)
            VALUES (\(Int32(id)), \(sealed), CASE WHEN \(isInUse) THEN now() END) RETURNING *
            """)
        guard let made = inserted.first else { throw APIError.internalError }
        return try View(made)
    }

    /// Has a key that has waited long enough make the tokens, and drops those that prove no more.
    func takeOver(_ connection: PostgresConnection) async throws {
        try await connection.query("SELECT pg_advisory_xact_lock(hashtextextended('tracking keys', 0))")
        let ready = try await connection.query(
            """
            SELECT id FROM tracking_keys WHERE in_use_since IS NULL
                AND created_at < now() - make_interval(secs => \(Self.waitingSeconds))
            ORDER BY created_at DESC LIMIT 1
            """
        ).first
        if let ready {
            let id: Int = try ready["id"]
            try await connection.query(
                """
                UPDATE tracking_keys SET replaced_at = now()
                WHERE in_use_since IS NOT NULL AND replaced_at IS NULL
                """)
            try await connection.query(
                "UPDATE tracking_keys SET in_use_since = now() WHERE id = \(Int32(id))")
        }
        // Looked at first: a statement that deletes nothing would wake the publisher all the same.
        let spent = try await connection.query(
            """
            SELECT id FROM tracking_keys
            WHERE replaced_at < now() - make_interval(days => \(Self.provingDays))
            """)
        for row in spent {
            try await connection.query(
                "DELETE FROM tracking_keys WHERE id = \(Int32(try row["id", as: Int.self]))")
        }
    }

    /// Takes a key away that makes no more tokens: the links that it made are none from then on.
    ///
    /// - Returns: false when it makes tokens, or will.
    /// - Throws: 404 when there is no such key.
    func withdraw(_ id: UInt8, _ connection: PostgresConnection) async throws -> Bool {
        try await connection.query("SELECT pg_advisory_xact_lock(hashtextextended('tracking keys', 0))")
        let id = Int32(id)
        let row = try await connection.query(
            "SELECT replaced_at IS NOT NULL AS is_replaced FROM tracking_keys WHERE id = \(id)"
        ).first
        guard let row else { throw APIError.noSuch("tracking key") }
        guard try row["is_replaced", as: Bool.self] else { return false }
        try await connection.query("DELETE FROM tracking_keys WHERE id = \(id)")
        return true
    }

    /// In the order of a chunk: the one that makes tokens last.
    func published(
        _ connection: PostgresConnection, seal: SymmetricSeal
    ) async throws -> [GlobalChunk.TrackingKey] {
        let rows = try await connection.query(
            """
            SELECT id, secret_sealed FROM tracking_keys
            ORDER BY in_use_since IS NOT NULL AND replaced_at IS NULL, created_at, id
            """)
        return try rows.map { row in
            let id: Int = try row["id"]
            let context = Self.sealContext(String(id))
            guard let number = UInt8(exactly: id),
                let secret = try? masterSeal.open(try row["secret_sealed"], context: Array(context.utf8))
            else {
                throw ClusterKeys.Failure(
                    description: "\(context) does not open with DISPATCH_MASTER_KEY: is it that of this "
                        + "database?")
            }
            let sealed = try seal.seal(secret, context: Array(GlobalChunk.TrackingKey.sealContext.utf8))
            return GlobalChunk.TrackingKey(id: number, sealedSecret: Data(sealed))
        }
    }

    func all(_ connection: PostgresConnection) async throws -> [View] {
        try await connection.query("SELECT * FROM tracking_keys ORDER BY created_at DESC, id").map {
            try View($0)
        }
    }
}
