import HTTP
import NodeProtocol
import Postgres

/// The operators' rows, read and changed as one whole.
///
/// It promises: no change is stored that would bring something into force that has a problem, such as a rule
/// that names a provider which does not exist; a change is stored whole or not at all, and in the same
/// transaction the chunk `global` is out of date. Changes come one after the other, under one lock of the
/// database. Fails with 422 `invalid_shaping`, naming each problem.
struct ShapingStore: Sendable {
    /// Ends a transaction that was to change nothing.
    private struct DryRun: Error {
        let change: ShapingChange
    }

    let pool: PostgresPool

    func rows() async throws -> ShapingRows {
        try await pool.transaction(as: .system, mode: .repeatableReadOnly) { try await ShapingRows.load($0) }
    }

    /// Changes the rows.
    ///
    /// - Parameters:
    ///   - isDryRun: whether everything is done but for the commit.
    ///   - apply: makes the rows as they shall be of those that are; what it throws ends the change.
    /// - Returns: what was changed.
    @discardableResult
    func change(
        by actor: AuditActor, isDryRun: Bool = false,
        _ apply: @escaping @Sendable (inout ShapingRows) throws -> Void
    ) async throws -> ShapingChange {
        do {
            return try await pool.transaction(as: .system) { connection in
                try await Self.lock(connection)
                let before = try await ShapingRows.load(connection)
                var after = before
                try apply(&after)
                after = after.normal
                try await Self.check(after, instead: before, connection)
                let change = ShapingChange(from: before, to: after)
                try await change.write(connection, by: actor)
                if isDryRun { throw DryRun(change: change) }
                return change
            }
        } catch let done as DryRun { return done.change }
    }

    /// Whatever depends on the rows being as they are, such as a plan that names a pool, holds this until it
    /// commits.
    static func lock(_ connection: PostgresConnection) async throws {
        try await connection.query("SELECT pg_advisory_xact_lock(hashtextextended('dispatch shaping', 0))")
    }

    /// What was a problem before, after an upgrade that knows more of them, keeps nobody from mending one of
    /// several.
    private static func check(
        _ after: ShapingRows, instead before: ShapingRows, _ connection: PostgresConnection
    ) async throws {
        var problems = after.effective.problems()
        let known = before.effective.problems()
        problems.removeAll { known.contains($0) }
        problems += try await missingNodes(after, before, connection)
        problems += try await missingPools(after.effective, connection)
        if !problems.isEmpty { throw APIError.invalidShaping(problems) }
    }

    /// A source may not be given to a node that is not in the cluster.
    private static func missingNodes(
        _ after: ShapingRows, _ before: ShapingRows, _ connection: PostgresConnection
    ) async throws -> [ShapingProblem] {
        let changed = after.sources.filter { !before.sources.contains($0) }
        guard !changed.isEmpty else { return [] }
        let nodes = Set(
            try await connection.query("SELECT number FROM nodes WHERE state <> 'removed'").map { row in
                try row["number", as: UInt16.self]
            })
        return changed.filter { !nodes.contains($0.node) }.map { source in
            ShapingProblem("sources[\(source.id)].node", "there is no node \(source.node)")
        }
    }

    /// A pool that a plan names may not go.
    private static func missingPools(
        _ effective: Shaping, _ connection: PostgresConnection
    ) async throws -> [ShapingProblem] {
        let pools = Set(effective.pools.map(\.id))
        let rows = try await connection.query(
            """
            SELECT code, transactional_pool, bulk_pool FROM plans
            WHERE num_nonnulls(transactional_pool, bulk_pool) > 0 ORDER BY code
            """)
        return try rows.flatMap { row in
            let code: String = try row["code"]
            let named: [String?] = [try row["transactional_pool"], try row["bulk_pool"]]
            return Set(named.compactMap { $0 }).subtracting(pools).sorted().map { pool in
                ShapingProblem("plans[\(code)]", "the plan sends from the pool `\(pool)`, which is not there")
            }
        }
    }
}

extension APIError {
    /// Every problem with its path, by the names of the API, and its sentence.
    ///
    /// - Parameter problems: at least one.
    static func invalidShaping(_ problems: [ShapingProblem], status: HTTPStatus = 422) -> APIError {
        let details = problems.prefix(100).map { Detail(path: $0.apiPath, message: $0.text) }
        let first = details.first.map { "\($0.path): \($0.message)" } ?? ""
        return APIError(
            status, "invalid_shaping",
            problems.count == 1 ? "\(first)." : "\(first); and \(problems.count - 1) more.",
            field: details.first?.path, details: details)
    }

}

extension ShapingProblem {
    /// The path by the names of the API. What stands in brackets is an id or a number.
    var apiPath: String {
        var text = ""
        var isInBrackets = false
        for character in path {
            if character == "[" { isInBrackets = true }
            if character == "]" { isInBrackets = false }
            text += !isInBrackets && character.isUppercase ? "_\(character.lowercased())" : "\(character)"
        }
        return text
    }
}
