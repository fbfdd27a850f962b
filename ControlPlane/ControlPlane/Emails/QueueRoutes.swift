import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// What of a tenant's mail still waits, and why.
package struct QueueRoutes: Sendable {
    struct Destination: Encodable, Sendable {
        let domain: String
        let total: Int
        let queued: Int
        let deferred: Int
        let scheduled: Int
        let oldestAgeSeconds: Int
        @OrNull var nextAttemptAt: Date?
        @OrNull var lastResponse: String?
    }

    struct Summary: Encodable, Sendable {
        let total: Int
        let queued: Int
        let deferred: Int
        let scheduled: Int
        let oldestAgeSeconds: Int
        let destinations: [Destination]
    }

    struct Explanation: Encodable, Sendable {
        let id: String
        let status: String
        let queuedAt: Date
        let recipients: [EmailRecipientView]
    }

    private static let maxDestinations: Int32 = 200

    private let context: ControlContext
    private let authenticator: Authenticator

    package init(_ context: ControlContext, _ authenticator: Authenticator) {
        self.context = context
        self.authenticator = authenticator
    }

    package func add(to router: inout Router) {
        router.tenant(
            .get, "/queue", authenticator, needs: .scope("emails:read"),
            RouteInfo(
                summary: "View email queue summary", details: "What still waits, by state and destination.",
                tag: "Emails", responses: [.init(200, "What waits.", .data(Summary.schema))])
        ) { try await summary($0) }
        router.tenant(
            .get, "/queue/{message_id}", authenticator, needs: .scope("emails:read"),
            RouteInfo(
                summary: "Why one message still waits", tag: "Emails",
                responses: [.init(200, "What each recipient waits for.", .data(Explanation.schema))])
        ) { try await explain($0) }
    }

    private static let counts: SQL = """
        count(*) AS total, count(*) FILTER (WHERE state IN ('queued', 'sending')) AS queued,
        count(*) FILTER (WHERE state = 'deferred') AS deferred,
        count(*) FILTER (WHERE state = 'scheduled') AS scheduled,
        coalesce(greatest(0, extract(epoch FROM now() - min(accepted_at)))::bigint, 0) AS age
        """

    /// The condition that a recipient waits, of a message that the caller's key reaches.
    private static func open(_ call: TenantCall) -> SQL {
        let waits: SQL = "state IN ('scheduled', 'queued', 'sending', 'deferred')"
        guard call.fence.domain != nil else { return waits }
        return """
            \(waits) AND EXISTS (
                SELECT FROM emails e WHERE e.tenant_id = email_recipients.tenant_id
                    AND e.accepted_at = email_recipients.accepted_at AND e.id = email_recipients.message_id
                    AND \(call.fence.mail("e.from_address")))
            """
    }

    private func summary(_ call: TenantCall) async throws -> HTTPResponse {
        let tenant = call.tenant.uuid
        let open = Self.open(call)
        let summary = try await context.pool.transaction(as: call.rows, mode: .repeatableReadOnly) {
            connection in
            let rows = try await connection.query(
                """
                SELECT lower(split_part(address, '@', -1)) AS domain, \(Self.counts),
                    min(next_attempt_at) AS next_attempt_at,
                    (array_agg(last_response ORDER BY last_attempt_at DESC NULLS LAST))[1] AS last_response
                FROM email_recipients WHERE tenant_id = \(tenant) AND \(open)
                GROUP BY 1 ORDER BY total DESC, domain LIMIT \(Self.maxDestinations)
                """)
            let destinations = try rows.map { row in
                Destination(
                    domain: try row["domain"], total: try row["total"], queued: try row["queued"],
                    deferred: try row["deferred"], scheduled: try row["scheduled"],
                    oldestAgeSeconds: try row["age"],
                    nextAttemptAt: try row["next_attempt_at"], lastResponse: try row["last_response"])
            }
            let all = try await connection.query(
                "SELECT \(Self.counts) FROM email_recipients WHERE tenant_id = \(tenant) AND \(open)"
            ).first
            guard let all else { throw APIError.internalError }
            return Summary(
                total: try all["total"], queued: try all["queued"], deferred: try all["deferred"],
                scheduled: try all["scheduled"], oldestAgeSeconds: try all["age"], destinations: destinations)
        }
        return try .data(summary)
    }

    private func explain(_ call: TenantCall) async throws -> HTTPResponse {
        guard let message = MessageID(text: call.request.parameter("message_id")) else {
            throw APIError.noSuch("email")
        }
        let tenant = call.tenant
        let explanation = try await context.pool.transaction(as: call.rows, mode: .readOnly) { connection in
            let row = try await connection.query(
                """
                SELECT id, status, accepted_at FROM emails
                WHERE \(EmailRoutes.one(message, tenant, id: "id")) AND erased_at IS NULL
                """
            ).first
            guard let row else { throw APIError.noSuch("email") }
            let recipients = try await connection.query(
                """
                SELECT * FROM email_recipients WHERE \(EmailRoutes.one(message, tenant, id: "message_id"))
                ORDER BY finished_at NULLS FIRST, address
                """)
            return Explanation(
                id: message.description,
                status: RecipientState(rawValue: try row["status"])?.tenantWord ?? "queued",
                queuedAt: try row["accepted_at"],
                recipients: try recipients.map { try EmailRecipientView($0) })
        }
        return try .data(explanation)
    }
}
