import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// Tells nodes in which hours readers opened a tenant's mail.
struct OpenHoursRoute: Sendable {
    /// An hour in which a reader has opened nothing for so long says nothing of him any more.
    static let keptDays: Int32 = 400

    let context: ControlContext
    let nodes: NodeAuthenticator

    func add(to router: inout Router) {
        router.on(
            .post, NodePaths.openHours,
            RouteInfo(
                summary: "Ask for the hours in which readers open", tag: "nodes", authentication: .none,
                responses: [.init(200, "By address")])
        ) { request in try await PostgresError.answered { try await tell(request) } }
    }

    private func tell(_ request: HTTPRequest) async throws -> HTTPResponse {
        try nodes.requireSigned(request)
        let body = try await request.readBody(maxBytes: OpenHours.maxQuestionBytes)
        _ = try await nodes.node(request, body: body)
        let question = try StrictDecoding.decode(OpenHours.Question.self, from: body, unknownFields: .ignore)
        let addresses = question.addresses.prefix(OpenHours.maxAddresses).filter { !$0.utf8.contains(0) }
        let rows = try await context.pool.transaction(as: .system, mode: .readOnly) { connection in
            try await connection.query(
                """
                SELECT address, hour, opens FROM open_hours
                WHERE tenant_id = \(question.tenant.uuid) AND address = ANY (\(Array(addresses)))
                """)
        }
        var opens: [String: [Int]] = [:]
        for row in rows {
            let (address, hour): (String, Int) = (try row["address"], try row["hour"])
            var counts = opens[address] ?? Array(repeating: 0, count: OpenHours.hoursOfDay)
            if counts.indices.contains(hour) { counts[hour] = try row["opens"] }
            opens[address] = counts
        }
        return try .json(OpenHours.Answer(opens: opens))
    }
}
