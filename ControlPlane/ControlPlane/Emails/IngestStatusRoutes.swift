import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres
import Relay
import Times

/// The ingestion API's questions about messages: from the node that holds one while it does, from the log
/// otherwise.
struct IngestStatusRoutes: Sendable {
    private struct List: Encodable {
        let messages: [IngestStatus]
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
                let id = try row["id", as: UUID.self].text.replacing("-", with: "")
                var status = IngestStatus(id, try Self.state(row, "status"))
                status.deliveredAt = try row["delivered_at", as: Date?.self].map(RFC3339.text)
                status.from = try row["from_address"]
                status.to = try row["to_addresses"]
                status.subject = try row["subject"]
                status.tags = try row["tags"]
                status.createdAt = RFC3339.text(try row["accepted_at", as: Date.self])
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
    ) async throws -> IngestStatus? {
        let row = try await connection.query(
            """
            SELECT status FROM emails
            WHERE \(EmailRoutes.one(message, tenant, id: "id")) AND erased_at IS NULL AND \(fence.mail())
            """
        ).first
        guard let row else { return nil }
        let recipients = try await connection.query(
            """
            SELECT * FROM email_recipients
            WHERE \(EmailRoutes.one(message, tenant, id: "message_id")) ORDER BY address
            """)
        var status = IngestStatus(message.hexadecimal, try state(row, "status"))
        let delivered = try recipients.last { try $0["state", as: String.self] == "delivered" }
        if let last = delivered ?? recipients.first {
            status.provider = try last["remote_host"]
            status.providerMessageId = try last["remote_id"]
            status.durationMs = try last["duration_ms"]
        }
        status.deliveredAt = try delivered?["finished_at", as: Date?.self].map(RFC3339.text)
        status.tell(
            try recipients.map { row in
                IngestStatus.Recipient(
                    address: try row["address"], state: try state(row, "state"),
                    attempts: try row["attempts"], response: try row["last_response"],
                    nextAttemptAt: try row["next_attempt_at", as: Date?.self].map(RFC3339.text))
            })
        return status
    }

    private func unknown(_ id: String) throws -> HTTPResponse {
        try .json(IngestStatus(unknown: id), status: 404)
    }

    private static func state(_ row: PostgresRow, _ column: String) throws -> RecipientState {
        RecipientState(rawValue: try row[column]) ?? .queued
    }
}
