import FoundationEssentials
import HTTP
import MailFormat
import NodeProtocol
import Postgres

/// The log of sent mail: list, detail with the opened body, erasure.
package struct EmailRoutes: Sendable {
    private static let maxEvents: Int32 = 1_000

    private let context: ControlContext
    private let authenticator: Authenticator

    package init(_ context: ControlContext, _ authenticator: Authenticator) {
        self.context = context
        self.authenticator = authenticator
    }

    package func add(to router: inout Router) {
        router.tenant(
            .get, "/emails", authenticator, needs: .scope("emails:read"),
            RouteInfo(
                summary: "List sent emails", details: "The newest first, without bodies.", tag: "Emails",
                parameters: PageRequest.parameters + EmailFilter.parameters,
                responses: [.init(200, "The emails.", .page(of: EmailListItem.schema))])
        ) { try await list($0) }
        router.tenant(
            .get, "/emails/{log_id}", authenticator, needs: .scope("emails:read"),
            RouteInfo(
                summary: "Get email detail with body",
                details: "With its recipients and its timeline. The body is opened for members and keys of "
                    + "the tenant alone, and every time is kept in the audit log.",
                tag: "Emails", responses: [.init(200, "The email.", .data(EmailDetail.schema))])
        ) { try await show($0) }
        router.tenant(
            .delete, "/emails/{log_id}", authenticator, needs: .role(.member),
            RouteInfo(
                summary: "Erase an email from the log", details: "Body and addresses go; counters stay.",
                tag: "Emails",
                responses: [.init(200, "It is erased.", .message("Email log entry deleted"))])
        ) { try await erase($0) }
        EmailErasure(context, authenticator).add(to: &router)
    }

    private func list(_ call: TenantCall) async throws -> HTTPResponse {
        let page = try PageRequest(call.request.query)
        var narrowed = try EmailFilter(call.request.query)
        narrowed.keepOnly(call.fence)
        let filter = narrowed
        let tenant = call.tenant.uuid
        let (found, items) = try await context.pool.transaction(as: call.rows, mode: .readOnly) {
            connection in
            let found = try await EmailPage.find(filter, page, of: tenant, connection)
            let rows = try await found.rows(EmailListItem.columns, of: tenant, connection)
            return (found, try rows.map { try EmailListItem($0) })
        }
        let pagination = page.pagination(total: found.total, isMinimum: found.isMinimum)
        return try .data(items, pagination: pagination)
    }

    private func show(_ call: TenantCall) async throws -> HTTPResponse {
        let message = try messageID(call)
        let seal = context.masterSeal
        let (tenant, actor) = (call.tenant, call.actor)
        let mayOpen = call.caller.isOf(tenant)
        let (detail, raw) = try await context.pool.transaction(as: call.rows) {
            connection -> (EmailDetail, [UInt8]?) in
            let row = try await connection.query(
                """
                SELECT \(EmailListItem.columns), metadata, bounce_class, complained_at, opened_at, clicked_at,
                    \(EmailBody.columns())
                FROM emails WHERE \(Self.one(message, tenant, id: "id")) AND erased_at IS NULL
                """
            ).first
            guard let row else { throw APIError.noSuch("email") }
            let detail = try await Self.detail(row, message, tenant, connection)
            guard mayOpen,
                let raw = try EmailBody.open(row, message: message, tenant: tenant, masterSeal: seal)
            else { return (detail, nil) }
            try await Audit.write(
                connection, actor, tenant: tenant, "email.opened", record: ("email", message.description))
            return (detail, raw.shown)
        }
        guard let raw else { return try .data(detail) }
        var opened = detail
        let parsed = MIMEParser.parse(raw)
        opened.body = parsed.plainText
        opened.htmlBody = parsed.html
        opened.attachments = parsed.attachments.map(EmailDetail.Attachment.init)
        return try .data(opened)
    }

    private static func detail(
        _ row: PostgresRow, _ message: MessageID, _ tenant: TenantID, _ connection: PostgresConnection
    ) async throws -> EmailDetail {
        let recipients = try await connection.query(
            "SELECT * FROM email_recipients WHERE \(one(message, tenant, id: "message_id")) ORDER BY address")
        let events = try await connection.query(
            """
            SELECT kind, at, node, recipient, detail FROM events
            WHERE \(one(message, tenant, id: "message_id"))
            ORDER BY at, node, seq LIMIT \(maxEvents)
            """)
        let views = try recipients.map { try EmailRecipientView($0) }
        return EmailDetail(
            item: try EmailListItem(row), body: nil, htmlBody: nil, attachments: [],
            metadata: try row.decode("metadata", as: [String: String].self),
            bounceClassification: try row["bounce_class"],
            bounceDetails: views.first { $0.status == "bounced" }?.response,
            complainedAt: try row["complained_at"],
            openedAt: try row["opened_at"], clickedAt: try row["clicked_at"], recipients: views,
            events: try events.map { try EmailEventView($0) })
    }

    private func erase(_ call: TenantCall) async throws -> HTTPResponse {
        let message = try messageID(call)
        let (tenant, actor) = (call.tenant, call.actor)
        try await context.pool.transaction(as: call.rows) { connection in
            let erased = try await MessageErasure.run(
                "SELECT \(message.uuid)::uuid", of: tenant.uuid, connection)
            guard erased.count == 1 else { throw APIError.noSuch("email") }
            try await Audit.write(
                connection, actor, tenant: tenant, "email.erased", record: ("email", message.description))
        }
        return try .message("Email log entry deleted")
    }

    private func messageID(_ call: TenantCall) throws(APIError) -> MessageID {
        guard let id = MessageID(text: call.request.parameter("log_id")) else { throw .noSuch("email") }
        return id
    }

    /// The condition that finds the rows of one message without a search.
    static func one(_ message: MessageID, _ tenant: TenantID, id column: String) -> SQL {
        """
        tenant_id = \(tenant.uuid) AND accepted_at = message_accepted_at(\(message.uuid))
        AND \(identifier: column) = \(message.uuid)
        """
    }
}

extension MessageID {
    var uuid: UUID { UUID(uuidString: description) ?? UUID() }
}
