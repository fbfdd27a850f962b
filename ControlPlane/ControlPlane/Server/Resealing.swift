import Crypto
import FoundationEssentials
import NodeProtocol
import Postgres

/// Puts every secret that lies sealed in the database under the newest master key.
///
/// Beside running processes that know both keys: each row is changed only if it is still what was read, and
/// what was changed meanwhile is under the newest key already. Doing it twice does no harm.
struct Resealing: Sendable {
    /// What was done, in words for the operator.
    struct Counts: Sendable, CustomStringConvertible {
        var resealed = 0
        var current = 0
        /// What opens with none of the keys, by table and row.
        var unopened: [String] = []

        var description: String {
            let done = "\(resealed) secrets put under the newest key, \(current) were under it already"
            guard !unopened.isEmpty else { return done }
            return "\(done)\n\(unopened.count) open with none of the keys:\n"
                + unopened.map { "  \($0)" }.joined(separator: "\n")
        }
    }

    /// A column with secrets, the text that names a row of it, and the context of its seals.
    struct Place: Sendable {
        let table: String
        let column: String
        let row: SQL
        /// Columns that the context is made of.
        var more: SQL = ""
        let context: @Sendable (_ row: String, PostgresRow) throws -> String
    }

    private static let rowsAtOnce: Int32 = 1_000

    /// A test compares the list with the columns of the schema whose names say that they are sealed.
    static let places: [Place] = [
        Place(table: "cluster_keys", column: "key_sealed", row: "key_id") { row, _ in
            ClusterKeys.clusterContext(row)
        },
        Place(table: "signing_keys", column: "private_sealed", row: "key_id", more: ", purpose") {
            row, fields in
            try fields["purpose", as: String.self] == "token"
                ? TokenService.sealContext : ClusterKeys.signingContext(row)
        },
        Place(table: "tracking_keys", column: "secret_sealed", row: "id::text") { row, _ in
            TrackingKeys.sealContext(row)
        },
        Place(table: "tenants", column: "body_private_key_sealed", row: "id::text") { row, _ in
            NewTenant.bodyKeySealContext(try tenant(row))
        },
        Place(
            table: "domains", column: "dkim_private_sealed", row: "tenant_id || '/' || id",
            more: ", tenant_id, domain", context: domain),
        Place(
            table: "domains", column: "next_private_sealed", row: "tenant_id || '/' || id",
            more: ", tenant_id, domain", context: domain),
        Place(
            table: "webhooks", column: "secret_sealed", row: "tenant_id || '/' || id",
            more: ", tenant_id, id"
        ) { _, fields in
            TenantRecord.Webhook.sealContext(
                tenant: TenantID(try fields["tenant_id"]), webhook: try fields["id"])
        },
        Place(table: "dns_providers", column: "sealed", row: "id::text", more: ", subject, id") { _, fields in
            DNSAccountRow.sealContext(try fields["subject"], try fields["id"])
        },
    ]

    @Sendable private static func domain(_ row: String, _ fields: PostgresRow) throws -> String {
        TenantRecord.Domain.sealContext(
            tenant: TenantID(try fields["tenant_id"]), domain: try fields["domain"])
    }

    private static func tenant(_ text: String) throws -> TenantID {
        guard let tenant = TenantID(text: text) else {
            throw CryptoError.malformedInput("\(text) is no tenant")
        }
        return tenant
    }

    let seal: SymmetricSeal
    let pool: PostgresPool

    func run() async throws -> Counts {
        var counts = Counts()
        for place in Self.places { try await reseal(place, &counts) }
        return counts
    }

    private func reseal(_ place: Place, _ counts: inout Counts) async throws {
        var last = ""
        while true {
            let rows = try await pool.query(
                """
                SELECT \(place.row) AS name, \(identifier: place.column) AS sealed\(place.more)
                FROM \(identifier: place.table)
                WHERE \(identifier: place.column) IS NOT NULL AND (\(place.row)) COLLATE "C" > \(last)
                ORDER BY (\(place.row)) COLLATE "C" LIMIT \(Self.rowsAtOnce)
                """, as: .system)
            for row in rows {
                last = try row["name"]
                try await reseal(last, row, place, &counts)
            }
            if rows.count < Int(Self.rowsAtOnce) { return }
        }
    }

    private func reseal(
        _ name: String, _ row: PostgresRow, _ place: Place, _ counts: inout Counts
    ) async throws {
        let sealed: [UInt8] = try row["sealed"]
        let context = Array(try place.context(name, row).utf8)
        if seal.isNewest(sealed, context: context) {
            counts.current += 1
            return
        }
        guard let secret = try? seal.open(sealed, context: context) else {
            counts.unopened.append("\(place.table) \(name)")
            return
        }
        let fresh = try seal.seal(secret, context: context)
        try await pool.execute(
            """
            UPDATE \(identifier: place.table) SET \(identifier: place.column) = \(fresh)
            WHERE (\(place.row)) = \(name) AND \(identifier: place.column) = \(sealed)
            """, as: .system)
        counts.resealed += 1
    }
}
