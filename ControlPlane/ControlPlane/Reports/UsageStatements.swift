import NodeProtocol
import Postgres

/// Adds to the counters of tenants: by hour, day and month.
struct UsageStatements {
    let node: Int32
    let connection: PostgresConnection

    /// - Parameter usage: several rows may be of one hour.
    func add(_ usage: [UsageRow]) async throws {
        let hour = "to_timestamp(u.hour * 3600::float8)"
        let day = "date '1970-01-01' + u.hour / 24"
        try await connection.query(
            statement(
                "usage_hourly", "hour", hour, usage,
                where: "u.hour >= extract(epoch FROM now()) / 3600 - \(UsageHours.kept)"))
        try await connection.query(statement("usage_daily", "day", day, usage))
        try await connection.query(
            statement("usage_monthly", "month", "date_trunc('month', \(day))::date", usage))
    }

    private func statement(
        _ table: String, _ column: String, _ period: String, _ usage: [UsageRow],
        where condition: SQL = "true"
    ) -> SQL {
        let counters = [UsageRow].counters.map(\.name)
        let names = SQL(unsafe: counters.joined(separator: ", "))
        let sums = SQL(unsafe: counters.map { "sum(u.\($0))" }.joined(separator: ", "))
        let additions = SQL(
            unsafe: counters.map { "\($0) = c.\($0) + EXCLUDED.\($0)" }.joined(separator: ", "))
        return """
            INSERT INTO \(identifier: table) AS c (tenant_id, \(identifier: column), node, \(names))
            SELECT t.id, \(SQL(unsafe: period)), \(node), \(sums)
            FROM \(usage.columns)
            JOIN tenants t ON t.id = u.tenant
            WHERE \(condition)
            GROUP BY 1, 2 ORDER BY 1, 2
            ON CONFLICT (tenant_id, \(identifier: column), node) DO UPDATE SET \(additions)
            """
    }
}
