import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres
import Relay

/// The ingestion API's questions about messages: from the node that holds one while it does, from the log
/// otherwise.
struct IngestStatusRoutes: Sendable {
    struct Recipient: Encodable, Sendable {
        let address: String
        let status: String
        let attempts: Int
        let response: String?
        let nextAttemptAt: String?
    }

    /// A message in the words of the ingestion API.
    struct Status: Encodable, Sendable {
        let id: String
        let status: String
        var provider: String?
        var providerMessageId: String?
        var deliveredAt: String?
        var durationMs: Int?
        var recipients: [Recipient]?
        var error: String?
        var from: String?
        var to: [String]?
        var subject: String?
        var tags: [String]?
        var createdAt: String?
    }

    private struct List: Encodable {
        let messages: [Status]
    }

    let context: ControlContext
    let authenticator: Authenticator
    let relay: SendRelay

    func add(to router: inout Router) {
        router.home(
            .get, IngestRoutes.path, authenticator, needs: .scope("emails:read"), IngestRoutes.list, list)
        router.home(
            .get, IngestRoutes.path + "/{id}", authenticator, needs: .scope("emails:read"),
            IngestRoutes.status, show)
    }

    @Sendable private func list(_ call: TenantCall) async throws -> HTTPResponse {
        let (request, caller, tenant) = (call.request, call.caller, call.tenant)
        let limit = try request.query.integer("limit", default: 50, in: 1...200)
        var filter: SQL = "erased_at IS NULL AND \(call.fence.mail())"
        if let words = request.query["status"] {
            guard let states = RecipientState.states(words, by: \.ingestWord) else {
                throw APIError.invalid("status", "must be queued, processing, delivered, retrying or failed")
            }
            filter += " AND status = ANY (\(states))"
        }
        let own = UUID(uuidString: caller.id) ?? UUID()
        switch caller.kind {
        case .apiKey: filter += " AND api_key_id = \(own)"
        case .credential: filter += " AND credential_id = \(own)"
        case .user, .operator: break
        }
        let condition = filter
        let messages = try await context.pool.transaction(as: .tenant(tenant.uuid), mode: .readOnly) {
            connection in
            try await connection.query(
                """
                SELECT id, status, from_address, to_addresses, subject, tags, accepted_at, delivered_at
                FROM emails WHERE tenant_id = \(tenant.uuid) AND \(condition)
                ORDER BY accepted_at DESC, id DESC LIMIT \(limit)
                """
            ).map { row in
                var status = Status(
                    id: Self.id(try row["id"]), status: Self.word(try row["status"]))
                status.deliveredAt = try row["delivered_at", as: Date?.self].map(Self.time)
                status.from = try row["from_address"]
                status.to = try row["to_addresses"]
                status.subject = try row["subject"]
                status.tags = try row["tags"]
                status.createdAt = Self.time(try row["accepted_at"])
                return status
            }
        }
        return try .json(List(messages: messages))
    }

    @Sendable private func show(_ call: TenantCall) async throws -> HTTPResponse {
        let (request, tenant, fence) = (call.request, call.tenant, call.fence)
        let text = request.parameter("id")
        guard let message = MessageID(text: text) else { return try unknown(text) }
        // The node knows what is under way; what it has forgotten stands in the log.
        if let answer = await relay.askNode(request, holding: message) { return answer }
        let status = try await FreshEmail(context: context).find(message) {
            try await context.pool.transaction(as: .tenant(tenant.uuid), mode: .readOnly) {
                try await Self.status(message, tenant, fence, $0)
            }
        }
        guard let status else { return try unknown(text) }
        return try .json(status)
    }

    private static func status(
        _ message: MessageID, _ tenant: TenantID, _ fence: SenderFence, _ connection: PostgresConnection
    ) async throws -> Status? {
        let row = try await connection.query(
            """
            SELECT id, status FROM emails
            WHERE \(EmailRoutes.one(message, tenant, id: "id")) AND erased_at IS NULL AND \(fence.mail())
            """
        ).first
        guard let row else { return nil }
        let recipients = try await connection.query(
            """
            SELECT * FROM email_recipients
            WHERE \(EmailRoutes.one(message, tenant, id: "message_id")) ORDER BY address
            """)
        var status = Status(id: id(try row["id"]), status: word(try row["status"]))
        let delivered = try recipients.last { try $0["state", as: String.self] == "delivered" }
        if let last = delivered ?? recipients.first {
            status.provider = try last["remote_host"]
            status.providerMessageId = try last["remote_id"]
            status.durationMs = try last["duration_ms"]
        }
        status.deliveredAt = try delivered?["finished_at", as: Date?.self].map(time)
        status.recipients = try recipients.map { row in
            Recipient(
                address: try row["address"], status: word(try row["state"]), attempts: try row["attempts"],
                response: try row["last_response"],
                nextAttemptAt: try row["next_attempt_at", as: Date?.self].map(time))
        }
        if status.status == "failed" {
            status.error = status.recipients?.first { $0.status == "failed" }?.response
        }
        return status
    }

    private func unknown(_ id: String) throws -> HTTPResponse {
        var status = Status(id: id, status: "unknown")
        status.error = "there is no such message"
        return try .json(status, status: 404)
    }

    private static func id(_ uuid: UUID) -> String { "spl_\(uuid.text.replacing("-", with: ""))" }
    private static func word(_ state: String) -> String {
        RecipientState(rawValue: state)?.ingestWord ?? "queued"
    }
    private static func time(_ date: Date) -> String {
        EmailRecord.text(date)
    }
}
