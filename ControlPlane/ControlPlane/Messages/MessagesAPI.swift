import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres
import Relay

/// The Messages API's questions about messages, and the withdrawal of scheduled ones: what the log knows, of
/// whichever door a message came through. Sending is the nodes'.
struct MessagesAPI: Sendable {
    private static let maxEvents: Int32 = 1_000
    private static let one = MessagesRoutes.prefix + "/{message_id}"

    let context: ControlContext
    let authenticator: Authenticator
    let scheduled: ScheduledMessages

    func add(to router: inout Router) {
        let unknown = RouteInfo.Response(404, "There is no such message.", codes: ["message_not_found"])
        router.home(
            .get, MessagesRoutes.prefix, authenticator, needs: .scope("emails:read"),
            RouteInfo(
                summary: "List messages", details: "The newest first.", tag: "Messages",
                parameters: Self.pages + [
                    .query("status", .string.described(MessageWords.filterText)),
                    .query("to", .string.described("A recipient's address.")),
                    .query("mode", EmailFilter.mode),
                ] + QueryItems.period,
                responses: [.init(200, "The messages.", MessageList.schema)])
        ) { call in try await list(call, try EmailFilter(call.request.query, states: MessageWords.states)) }
        router.home(
            .get, MessagesRoutes.prefix + "/scheduled", authenticator, needs: .scope("emails:read"),
            RouteInfo(
                summary: "List scheduled messages", details: "Those that wait for their time.",
                tag: "Messages", parameters: Self.pages,
                responses: [.init(200, "The messages.", MessageList.schema)])
        ) { call in try await list(call, EmailFilter(state: .scheduled)) }
        router.home(
            .get, Self.one, authenticator, needs: .scope("emails:read"),
            RouteInfo(
                summary: "Get a message", tag: "Messages",
                responses: [.init(200, "The message.", .data(MessageDetail.schema)), unknown])
        ) { try await show($0) }
        router.home(
            .get, Self.one + "/events", authenticator, needs: .scope("emails:read"),
            RouteInfo(
                summary: "Get what happened to a message",
                details: "The oldest first, at most \(Self.maxEvents).", tag: "Messages",
                responses: [.init(200, "Its history.", .data(.array(MessageEvent.schema))), unknown])
        ) { try await events($0) }
        router.home(
            .delete, Self.one + "/schedule", authenticator, needs: .scope("emails:send"),
            MessagesRoutes.cancel
        ) { try await cancel($0) }
    }

    private static let pages: [RouteInfo.Parameter] = [
        .query("limit", .integer.described("1 to 100, else 50.")),
        .query("offset", .integer.described("How many to leave out.")),
    ]

    private func list(_ call: TenantCall, _ wanted: EmailFilter) async throws -> HTTPResponse {
        var narrowed = wanted
        narrowed.keepOnly(call.fence)
        let filter = narrowed
        let page = try PageRequest(call.request.query)
        let tenant = call.tenant.uuid
        let (found, items) = try await context.pool.transaction(as: call.rows, mode: .readOnly) {
            connection in
            let found = try await EmailPage.find(filter, page, of: tenant, connection)
            let rows = try await found.rows(MessageItem.columns, of: tenant, connection)
            return (found, try rows.map { try MessageItem($0) })
        }
        return try .snakeCase(MessageList(data: items, meta: .init(count: items.count, found, page)))
    }

    private func show(_ call: TenantCall) async throws -> HTTPResponse {
        let (message, tenant) = (try messageID(call), call.tenant)
        let detail = try await FreshEmail(context: context).find(message) {
            try await context.pool.transaction(as: call.rows, mode: .readOnly) { connection in
                try await connection.query(
                    """
                    SELECT \(MessageDetail.columns) FROM emails
                    WHERE \(EmailRoutes.one(message, tenant, id: "id")) AND erased_at IS NULL
                    """
                ).first.map { try MessageDetail($0) }
            }
        }
        guard let detail else { throw APIError.noSuch("message") }
        return try .data(detail)
    }

    private func events(_ call: TenantCall) async throws -> HTTPResponse {
        let (message, tenant) = (try messageID(call), call.tenant)
        let entries = try await FreshEmail(context: context).find(message) {
            let found = try await context.pool.transaction(as: call.rows, mode: .readOnly) { connection in
                try MessageEvent.history(
                    try await connection.query(
                        """
                        SELECT \(MessageEvent.columns) FROM events
                        WHERE \(EmailRoutes.one(message, tenant, id: "message_id"))
                        ORDER BY at, node, seq LIMIT \(Self.maxEvents)
                        """))
            }
            return found.isEmpty ? nil : found
        }
        guard let entries else { throw APIError.noSuch("message") }
        return try .data(entries)
    }

    private func cancel(_ call: TenantCall) async throws -> HTTPResponse {
        let (message, tenant) = (try messageID(call), call.tenant)
        guard try await scheduled.cancel(message, tenant: tenant) else {
            // No node has it: it is on its way, or nowhere.
            let known = try await context.pool.transaction(as: call.rows, mode: .readOnly) { connection in
                try await connection.query(
                    """
                    SELECT id FROM emails
                    WHERE \(EmailRoutes.one(message, tenant, id: "id")) AND erased_at IS NULL
                    """
                ).first
            }
            guard known != nil else { throw APIError.noSuch("message") }
            throw APIError(409, "not_scheduled", "The message does not wait for its time any more.")
        }
        let accepted = Date(timeIntervalSince1970: Double(message.milliseconds / 1000))
        return try .data(
            CancelledMessage(id: message.description, status: "cancelled", createdAt: accepted))
    }

    private struct CancelledMessage: Encodable {
        let id: String
        let status: String
        let createdAt: Date
    }

    private func messageID(_ call: TenantCall) throws(APIError) -> MessageID {
        guard let id = MessageID(text: call.request.parameter("message_id")) else { throw .noSuch("message") }
        return id
    }
}
