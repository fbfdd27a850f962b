import NodeProtocol
import Postgres

/// The days on which the messages of a report were accepted: other partitions of the log are not looked at.
///
/// Whole days: of the last hours the planner's statistics know nothing yet, so it takes a shorter time for
/// empty, and reads a day's partition from end to end to find the rows of a report in it.
struct ReportDays: Sendable {
    private static let dayMilliseconds: Int64 = 86_400_000

    /// Times of acceptance, in milliseconds since 1970.
    let earliest: Int64
    let latest: Int64

    /// What the time of acceptance is held against.
    var range: SQL {
        """
        BETWEEN to_timestamp(\(day(of: earliest))::bigint / 1000::float8)
            AND to_timestamp(\(day(of: latest) + Self.dayMilliseconds - 1)::bigint / 1000::float8)
        """
    }

    private func day(of time: Int64) -> Int64 { time / Self.dayMilliseconds * Self.dayMilliseconds }

    /// The one row of `table` for each row of `u`, by its whole key: a lateral item for `FROM`, under an
    /// alias. `OFFSET 0` has the planner begin with the rows of the report, however few it expects here.
    ///
    /// - Parameters:
    ///   - id: the table's column of the message id.
    ///   - condition: on the table's columns, under the alias.
    ///   - lock: such as `FOR UPDATE`.
    func row(
        of table: String, as alias: String, id: String, _ columns: SQL, where condition: SQL = "true",
        lock: SQL = ""
    ) -> SQL {
        """
        LATERAL (
            SELECT \(columns) FROM \(identifier: table) \(identifier: alias)
            WHERE \(identifier: alias).tenant_id = u.tenant
                AND \(identifier: alias).accepted_at = message_accepted_at(u.id)
                AND \(identifier: alias).\(identifier: id) = u.id
                AND \(identifier: alias).accepted_at \(range) AND \(condition)
            OFFSET 0 \(lock)) AS \(identifier: alias)
        """
    }

    /// The message.
    func email(_ columns: SQL, where condition: SQL = "true", lock: SQL = "") -> SQL {
        row(of: "emails", as: "e", id: "id", columns, where: condition, lock: lock)
    }

    /// A recipient of the message.
    func recipient(_ columns: SQL, where condition: SQL, lock: SQL = "") -> SQL {
        row(of: "email_recipients", as: "r", id: "message_id", columns, where: condition, lock: lock)
    }
}
