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
    /// The cursor moved between the look and the lock: the rows are made anew.
    private struct Moved: Error {}

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
            let batch = try await apply(body, of: node.number)
            metrics.reports(batch.applied > 0 ? "applied" : "repeated").increment()
            metrics.reportedEvents.increment(by: batch.applied)
            metrics.unreadableEvents.increment(by: batch.unreadable)
            metrics.reportSeconds.observe(MonotonicTime.now() - started)
            if batch.unreadable > 0 {
                context.log.error(
                    "events not readable", ["node": .int(node.number), "count": .int(batch.unreadable)])
            }
            return try .json(ReportReceipt(acknowledged: batch.last))
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

    /// Applies what of the report lies behind the node's cursor. Idempotent.
    func apply(_ body: [UInt8], of node: Int) async throws -> ReportBatch {
        let number = Int32(clamping: node)
        while true {
            let cursor: UInt64 = try await context.pool.transaction(as: .system, mode: .readOnly) {
                connection in
                try await connection.query("SELECT last_seq FROM node_cursors WHERE node = \(number)").first?[
                    "last_seq"] ?? 0
            }
            let batch = try await context.blocking.run { try ReportBatch(body, after: cursor) }
            guard batch.last > cursor else { return batch }
            do {
                try await context.pool.transaction(as: .system) { connection in
                    let moved = try await connection.execute(
                        """
                        UPDATE node_cursors SET last_seq = \(batch.last), updated_at = now()
                        WHERE node = \(number) AND last_seq = \(cursor)
                        """)
                    guard moved == 1 else { throw Moved() }
                    try await ReportStatements(batch: batch, node: number, connection: connection).run()
                }
                return batch
            } catch is Moved { continue }
        }
    }
}
