import Crypto
import EventLoop
import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// Takes the reports of nodes: `POST /api/v1/nodes/reports`, signed by the node.
///
/// It promises: what it acknowledges is stored; a batch is applied with its cursor in one transaction, so one
/// that arrives twice, or overlaps another, changes nothing twice; one that leaves a gap is refused with the
/// cursor. One batch of a node at a time: the cursor's row is locked.
struct ReportIntake: Sendable {
    /// Up to where a node's events are applied, and of which of its journals.
    private struct Cursor: Sendable {
        let last: UInt64
        let journal: [UInt8]?
    }

    /// The cursor moved between the look and the lock: the rows are made anew.
    private struct Moved: Error {}

    /// What became of a report.
    struct Outcome {
        /// Up to where the node's events are applied now.
        var last: UInt64
        var applied = 0
        var unreadable = 0
        /// Bounces and complaints of recipients that their messages never had.
        var unmatched = 0
        /// The numbers of events that the database will not hold.
        var refused: [UInt64] = []
    }

    private struct GapAnswer: Encodable {
        struct Content: Encodable {
            let code = "report_gap"
            let message: String
            let request_id: String
        }

        let acknowledged: UInt64
        let error: Content
    }

    let context: ControlContext
    let nodes: NodeAuthenticator
    let metrics: ControlMetrics

    func add(to router: inout Router) {
        router.on(
            .post, NodePaths.reports,
            RouteInfo(
                summary: "Report events", tag: "nodes", authentication: .none,
                requestContentTypes: [Report.contentType],
                responses: [
                    .init(200, "Applied up to `acknowledged`"), .init(409, "Events before these are missing"),
                ])
        ) { request in try await PostgresError.answered { try await take(request) } }
    }

    private func take(_ request: HTTPRequest) async throws -> HTTPResponse {
        try nodes.requireSigned(request)
        let body = try await request.readBody(maxBytes: Report.maxBytes)
        let node = try await nodes.node(request, body: body)
        let started = MonotonicTime.now()
        do {
            let outcome = try await apply(body, of: node.number, journal: try Self.journal(request))
            metrics.reports(outcome.applied > 0 ? "applied" : "repeated").increment()
            metrics.reportedEvents.increment(by: outcome.applied)
            metrics.unreadableEvents.increment(by: outcome.unreadable)
            metrics.refusedEvents.increment(by: outcome.refused.count)
            metrics.unmatchedNotices.increment(by: outcome.unmatched)
            metrics.reportSeconds.observe(MonotonicTime.now() - started)
            if outcome.unreadable > 0 {
                context.log.error(
                    "events not readable", ["node": .int(node.number), "count": .int(outcome.unreadable)])
            }
            return try .json(ReportReceipt(acknowledged: outcome.last))
        } catch let gap as ReportBatch.Gap {
            metrics.reports("gap").increment()
            context.log.error(
                "report leaves a gap", ["node": .int(node.number), "cursor": .int(Int(clamping: gap.cursor))])
            let text = "Events up to \(gap.cursor) are applied; the report must go on from there."
            return try .json(
                GapAnswer(
                    acknowledged: gap.cursor, error: .init(message: text, request_id: request.requestID)),
                status: 409)
        } catch is ReportBatch.Malformed {
            metrics.reports("malformed").increment()
            throw APIError(400, "malformed_report", "The body is not a report.")
        }
    }

    /// The name of the node's journal; nil of a node that does not tell.
    private static func journal(_ request: HTTPRequest) throws(APIError) -> [UInt8]? {
        guard let text = request.query[Report.journalItem] else { return nil }
        guard let name = Hex.decode(Array(text.utf8)), name.count == Report.journalNameBytes else {
            throw APIError.invalid(Report.journalItem, "must be \(2 * Report.journalNameBytes) hex digits")
        }
        return name
    }

    /// Applies what of the report lies behind the node's cursor. Idempotent.
    ///
    /// A node whose journal was lost begins another, from 1, and says so by its name: its events are new,
    /// whatever numbers the control plane has seen of the one before.
    ///
    /// When the database refuses the values of some event, the events before it are applied, it is passed
    /// over and counted, and so on with those behind it: one poisoned event must not end a node's reporting.
    func apply(_ body: [UInt8], of node: Int, journal: [UInt8]? = nil) async throws -> Outcome {
        guard let report = try await context.blocking.run({ Report(body) }) else {
            throw ReportBatch.Malformed()
        }
        var outcome = Outcome(last: 0)
        var limit = Int.max
        while true {
            let cursor = try await cursor(of: node)
            let isAnother = cursor.journal != nil && journal != nil && cursor.journal != journal
            let start = isAnother && report.records.first?.seq == 1 ? 0 : cursor.last
            let batch = try await context.blocking.run { [limit] in
                try ReportBatch(report, after: start, limit: limit)
            }
            outcome.last = batch.last
            guard batch.last > start else { return outcome }
            do {
                outcome.unmatched += try await store(batch, of: node, from: cursor, journal)
                outcome.applied += batch.applied
                outcome.unreadable += batch.unreadable
                limit = limit > Int.max / 2 ? .max : limit * 2
            } catch is Moved { continue } catch let error as PostgresError where error.refusesValue {
                limit = batch.applied / 2
                guard limit == 0 else { continue }
                try await pass(batch, of: node, from: cursor, journal, error)
                outcome.refused.append(batch.last)
                limit = 1
            }
        }
    }

    private func cursor(of node: Int) async throws -> Cursor {
        let number = Int32(clamping: node)
        let row = try await context.pool.query(
            "SELECT last_seq, journal FROM node_cursors WHERE node = \(number)", as: .system
        ).first
        guard let row else { return Cursor(last: 0, journal: nil) }
        return Cursor(last: try row["last_seq"], journal: try row["journal"])
    }

    private func store(
        _ batch: ReportBatch, of node: Int, from cursor: Cursor, _ journal: [UInt8]?
    ) async throws -> Int {
        let number = Int32(clamping: node)
        return try await context.pool.transaction(as: .system) { connection in
            try await Self.move(batch, number, from: cursor, journal, connection)
            return try await ReportStatements(batch: batch, node: number, connection: connection).run()
        }
    }

    /// Moves the cursor past the one event of the batch, without it.
    private func pass(
        _ batch: ReportBatch, of node: Int, from cursor: Cursor, _ journal: [UInt8]?, _ error: PostgresError
    ) async throws {
        context.log.error(
            "event passed over: the database refuses its values",
            ["node": .int(node), "seq": .int(Int(clamping: batch.last)), "error": .error(error)])
        let number = Int32(clamping: node)
        do {
            try await context.pool.transaction(as: .system) {
                try await Self.move(batch, number, from: cursor, journal, $0)
            }
        } catch is Moved {}
    }

    private static func move(
        _ batch: ReportBatch, _ node: Int32, from cursor: Cursor, _ journal: [UInt8]?,
        _ connection: PostgresConnection
    ) async throws {
        let moved = try await connection.execute(
            """
            UPDATE node_cursors SET last_seq = \(batch.last), updated_at = now(),
                journal = coalesce(\(journal), journal)
            WHERE node = \(node) AND last_seq = \(cursor.last)
              AND journal IS NOT DISTINCT FROM \(cursor.journal)
            """)
        guard moved == 1 else { throw Moved() }
    }
}

extension PostgresError {
    /// Whether the values cannot be stored, however often it is tried: data exceptions, violated constraints,
    /// limits of the server (such as an entry too long for an index).
    var refusesValue: Bool {
        if case .invalidParameter = self { return true }
        return sqlState.map { ["21", "22", "23", "54"].contains($0.conditionClass) } ?? false
    }
}
