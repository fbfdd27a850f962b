import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// Captured mail: what was sent with a test key and went no further. It can be read by every caller of the
/// tenant that may read its log, for that is what it is for; only when an operator opens some, it is noted.
package struct CapturedRoutes: Sendable {
    /// Less where the plan keeps the log for less.
    static let keptDays: Int32 = 7

    struct Opened: Sendable {
        let item: CapturedItem
        let metadata: [String: String]
        let recipients: [String]
        let content: [UInt8]?

        var message: CapturedMessage {
            CapturedMessage(item, recipients: recipients, metadata: metadata, content: content)
        }
    }

    let context: ControlContext
    let authenticator: Authenticator

    package init(_ context: ControlContext, _ authenticator: Authenticator) {
        self.context = context
        self.authenticator = authenticator
    }

    package func add(to router: inout Router) {
        router.tenant(
            .get, "/captured", authenticator, needs: .scope("emails:read"),
            RouteInfo(
                summary: "List captured emails",
                details: "What was sent with test keys, the newest first. Kept for at most "
                    + "\(Self.keptDays) days.", tag: "Captured mail",
                parameters: PageRequest.parameters + Self.filters,
                responses: [.init(200, "The emails.", .page(of: CapturedItem.schema))])
        ) { try await list($0) }
        router.tenant(
            .get, "/captured/{captured_id}", authenticator, needs: .scope("emails:read"),
            RouteInfo(
                summary: "Read a captured email", details: "Its headers, texts, files and envelope.",
                tag: "Captured mail", responses: [.init(200, "The email.", .data(CapturedMessage.schema))])
        ) { try await .data(opened($0).message) }
        router.tenant(
            .get, "/captured/{captured_id}/raw", authenticator, needs: .scope("emails:read"),
            RouteInfo(
                summary: "A captured email as it is", tag: "Captured mail",
                responses: [
                    .init(
                        200, "The message, with its Return-Path.",
                        .string.example("Subject: Welcome\r\n\r\nHello\r\n"), contentType: "message/rfc822")
                ])
        ) { try await raw($0) }
        router.tenant(
            .delete, "/captured", authenticator, needs: .scope("emails:send"),
            RouteInfo(
                summary: "Delete all captured emails",
                details: "Only with `all=true`: nothing is deleted because something was left out.",
                tag: "Captured mail",
                parameters: [.query("all", .boolean.described("Must be `true`."))],
                responses: [
                    .init(
                        200, "They are deleted.",
                        .data(
                            .record(["deleted": .integer.example(12)]), message: "Captured emails deleted"))
                ])
        ) { try await deleteAll($0) }
        router.tenant(
            .delete, "/captured/{captured_id}", authenticator, needs: .scope("emails:send"),
            RouteInfo(
                summary: "Delete a captured email", tag: "Captured mail",
                responses: [.init(200, "It is deleted.", .message("Captured email deleted"))])
        ) { try await delete($0) }
        addForOperators(to: &router)
    }

    private static let filters: [RouteInfo.Parameter] =
        [
            .query("to", .string.described("A recipient's address.")),
            .query("from", .string.described("The sender's address, or a part of its first 120 characters.")),
            .query("subject", .string.described("A part of the subject's first 200 characters.")),
            .query("tag", .string),
        ] + QueryItems.period

    private func list(_ call: TenantCall) async throws -> HTTPResponse {
        let page = try PageRequest(call.request.query)
        var filter = try EmailFilter(call.request.query)
        filter.keepOnlyCaptured()
        filter.keepOnly(call.fence)
        return try await answer(page, keys: { filter.keys(of: call.tenant.uuid, limit: $0) }, as: call.rows)
    }

    /// A page of the messages whose times and ids `keys` selects, newest first.
    func answer(
        _ page: PageRequest, keys: (Int) -> SQL, as rows: TenantScope
    ) async throws -> HTTPResponse {
        let counted = max(EmailPage.maxCounted, page.offset + page.limit)
        let keys = keys(counted + 1)
        let (total, items) = try await context.pool.transaction(as: rows, mode: .readOnly) { connection in
            let found = try await connection.query(
                """
                WITH found AS MATERIALIZED (\(keys))
                SELECT (SELECT count(*) FROM found) AS total,
                    ARRAY(SELECT id FROM found ORDER BY accepted_at DESC, id DESC
                          LIMIT \(page.limit) OFFSET \(page.offset)) AS ids
                """
            ).first
            guard let found else { return (0, [CapturedItem]()) }
            let ids: [UUID] = try found["ids"]
            let rows = try await connection.query(
                """
                SELECT \(CapturedItem.columns) FROM unnest(\(ids)) AS u(message)
                JOIN emails e ON e.accepted_at = message_accepted_at(u.message) AND e.id = u.message
                WHERE e.mode = 'test' ORDER BY e.accepted_at DESC, e.id DESC
                """)
            return (try found["total", as: Int.self], try rows.map { try CapturedItem($0) })
        }
        let pagination = page.pagination(total: min(total, counted), isMinimum: total > counted)
        return try .data(items, pagination: pagination)
    }

    private func opened(_ call: TenantCall) async throws -> Opened {
        guard let message = MessageID(text: call.request.parameter("captured_id")) else {
            throw APIError.noSuch("captured email")
        }
        // Whoever has just sent it finds it.
        let found = try await FreshEmail(context: context).find(message) {
            try await look(message, call)
        }
        guard let found else { throw APIError.noSuch("captured email") }
        return found
    }

    private func look(_ message: MessageID, _ call: TenantCall) async throws -> Opened? {
        let (tenant, actor, seal) = (call.tenant, call.actor, context.masterSeal)
        let isNoted = !call.caller.isOf(tenant)
        return try await context.pool.transaction(as: call.rows) { connection in
            let row = try await connection.query(
                """
                SELECT \(CapturedItem.columns), e.metadata, \(EmailBody.columns("e"))
                FROM emails e
                WHERE e.mode = 'test' AND e.erased_at IS NULL
                    AND \(EmailRoutes.one(message, tenant, id: "id"))
                """
            ).first
            guard let row else { return nil }
            let recipients = try await connection.query(
                """
                SELECT address FROM email_recipients
                WHERE \(EmailRoutes.one(message, tenant, id: "message_id")) ORDER BY address
                """)
            if isNoted {
                try await Audit.write(
                    connection, actor, tenant: tenant, "captured.opened",
                    record: ("email", message.description))
            }
            let kept = try EmailBody.open(row, message: message, tenant: tenant, masterSeal: seal)
            return Opened(
                item: try CapturedItem(row),
                metadata: try row.decode("metadata", as: [String: String].self),
                recipients: try recipients.map { try $0["address"] }, content: kept?.shown)
        }
    }

    private func raw(_ call: TenantCall) async throws -> HTTPResponse {
        let opened = try await opened(call)
        guard let content = opened.content else {
            throw APIError(404, "content_not_kept", CapturedItem.note(sizeBytes: opened.item.sizeBytes))
        }
        return .bytes(content, contentType: "message/rfc822")
    }
}
