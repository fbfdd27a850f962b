import FoundationEssentials
import HTTP
import MailFormat
import NodeProtocol
import Postgres
import Relay
import Templates

/// `POST /v1/messages/analyze`: what is wrong with a message before it is sent. Nothing is sent or kept, and
/// nobody outside is asked: of the sender's domain it tells what the latest check found.
struct AnalyzeRoute: Sendable {
    let context: ControlContext
    let authenticator: Authenticator

    func add(to router: inout Router) {
        router.home(
            .post, MessagesRoutes.prefix + "/analyze", authenticator, needs: .scope("emails:send"),
            RouteInfo(
                summary: "Analyze a message before it is sent",
                details: "The score is 100 less the penalties of its issues: excellent from 90, good from "
                    + "75, fair from 50. A message with a critical issue cannot be sent.",
                tag: "Messages",
                requestSchema: MessagesRoutes.message.example([
                    "from": "hello@yourdomain.com", "to": "user@example.com", "subject": "Test email",
                    "html": "<p>Content here</p>",
                ]),
                responses: [.init(200, "What was found.", .data(Analysis.schema))])
        ) { try await analyze($0) }
    }

    private func analyze(_ call: TenantCall) async throws -> HTTPResponse {
        let bytes = try await call.request.readBody(maxBytes: SendRoutes.maxBodyBytes)
        let body = try await context.blocking.run {
            try StrictDecoding.decode(MessageBody.self, from: bytes, unknownFields: .refuse)
        }
        let (tenant, bound, now) = (call.tenant, call.caller.onlyDomain, context.clock())
        var known = try await context.pool.transaction(as: call.rows, mode: .readOnly) { connection in
            try await KnownOfMessage.find(body, tenant, connection)
        }
        known.bound = bound
        known.now = now
        // Of whichever tenant: another's domain below one of the caller's is not the caller's.
        known.verified = try await context.pool.transaction(as: .system, mode: .readOnly) { connection in
            try await KnownOfMessage.verified(body, connection)
        }
        let complete = known
        let analysis = try await context.blocking.run { Analysis(complete.message(body)) }
        return try .data(analysis)
    }
}

/// What the control plane knows that bears on a message.
private struct KnownOfMessage: Sendable {
    var template: StoredTemplate?
    var domains: [SendingDomain] = []
    var suppressed: Set<String> = []
    var limits = AnalyzedMessage.Limits()
    /// The names at and above the sender's domain that anybody has verified.
    var verified: Set<String> = []
    /// The domain that the caller is bound to.
    var bound: String?
    /// Milliseconds since 1970.
    var now: Int64 = 0

    static func find(
        _ body: MessageBody, _ tenant: TenantID, _ connection: PostgresConnection
    ) async throws -> KnownOfMessage {
        var known = KnownOfMessage()
        let plan = try await connection.query(
            """
            SELECT p.max_recipients, p.max_message_bytes FROM tenants t JOIN plans p ON p.code = t.plan_code
            WHERE t.id = \(tenant.uuid)
            """
        ).first
        if let plan {
            known.limits = .init(
                maxRecipients: try plan["max_recipients"], maxMessageBytes: try plan["max_message_bytes"])
        }
        if let name = body.template_id, !name.utf8.contains(0) {
            let condition: SQL = if let id = UUID(uuidString: name) { "id = \(id)" } else { "slug = \(name)" }
            known.template = try await connection.query(
                """
                SELECT \(StoredTemplate.columns) FROM templates
                WHERE tenant_id = \(tenant.uuid) AND \(condition)
                """
            ).first.map { try StoredTemplate($0) }
        }
        if let from = body.from.flatMap({ try? Mailbox($0) }) {
            known.domains = try await connection.query(
                """
                SELECT \(SendingDomain.columns) FROM domains
                WHERE tenant_id = \(tenant.uuid) AND domain = ANY (\(parents(of: from.address.domain)))
                ORDER BY length(domain) DESC
                """
            ).map { try SendingDomain($0) }
        }
        let addresses = [body.to, body.cc, body.bcc].flatMap { $0?.values ?? [] }
            .flatMap { (try? AddressList($0))?.mailboxes.map(\.address.caseFolded) ?? [] }
        if !addresses.isEmpty {
            known.suppressed = Set(
                try await connection.query(
                    """
                    SELECT address FROM suppressions
                    WHERE tenant_id = \(tenant.uuid) AND address = ANY (\(addresses))
                    """
                ).map { try $0["address"] })
        }
        return known
    }

    static func verified(
        _ body: MessageBody, _ connection: PostgresConnection
    ) async throws -> Set<String> {
        guard let from = body.from.flatMap({ try? Mailbox($0) }) else { return [] }
        return Set(
            try await connection.query(
                """
                SELECT domain FROM domains
                WHERE status IN ('verified', 'at_risk')
                    AND domain = ANY (\(parents(of: from.address.domain)))
                """
            ).map { try $0["domain"] })
    }

    /// The domain and those above it.
    private static func parents(of domain: String) -> [String] {
        let labels = domain.split(separator: ".")
        return labels.indices.map { labels[$0...].joined(separator: ".") }
    }

    /// The message as it would be sent.
    func message(_ body: MessageBody) -> AnalyzedMessage {
        var parts = Parts(subject: body.subject ?? "", html: body.htmlPart, text: body.textPart)
        var problem: String?
        do throws(APIError) { parts = try filled(body) ?? parts } catch { problem = error.message }
        var message = AnalyzedMessage(body, subject: parts.subject, html: parts.html, text: parts.text)
        message.templateProblem = problem
        message.suppressedCount = message.recipients.count { suppressed.contains($0.caseFolded) }
        message.limits = limits
        message.now = now
        if let from = message.from { message.sender = sender(from.address.domain) }
        return message
    }

    private struct Parts {
        let subject: String
        let html: String?
        let text: String?
    }

    /// Nil when nothing is to be filled in.
    private func filled(_ body: MessageBody) throws(APIError) -> Parts? {
        let template: MessageTemplate
        if body.template_id != nil {
            guard let stored = self.template else { throw .noSuch("template") }
            template = try stored.message()
        } else {
            guard body.template_data != nil else { return nil }
            do {
                template = try MessageTemplate(
                    subject: body.subject ?? "", html: body.htmlPart, text: body.textPart)
            } catch { throw APIError(error) }
        }
        let subject = try ownSubject(body)
        do {
            let filled = try template.render(body.template_data ?? [:])
            return Parts(subject: subject ?? filled.subject, html: filled.html, text: filled.text)
        } catch { throw APIError(error) }
    }

    /// The subject that takes the place of a template's; nil when there is none.
    private func ownSubject(_ body: MessageBody) throws(APIError) -> String? {
        guard body.template_id != nil, let subject = body.subject, !subject.isEmpty else { return nil }
        guard let data = body.template_data else { return subject }
        let template: MessageTemplate
        do { template = try MessageTemplate(subject: subject, html: nil, text: nil) } catch {
            throw APIError(error)
        }
        do { return try template.render(data).subject } catch { throw APIError(error) }
    }

    private func sender(_ name: String) -> AnalyzedMessage.SenderDomain {
        var sender = AnalyzedMessage.SenderDomain()
        let deciding = SenderDomain.deciding(for: name, where: verified.contains)
        let decided = domains.first { $0.name == deciding && ($0.name == name || $0.coversSubdomains) }
        // Of one that nobody has verified it is told what was found all the same.
        guard let domain = decided ?? domains.first(where: { $0.name == name }) else { return sender }
        sender.isVerified = decided?.isVerified ?? false
        if !SenderDomain.isWithin(bound, name) { sender.isVerified = false }
        sender.isAtRisk = domain.status == "at_risk"
        // A look-up that failed says nothing.
        func isThere(_ host: String) -> Bool? {
            let check = domain.checks.first { $0.host == host && $0.recordType == "TXT" }
            return check.flatMap { $0.status == .unreachable ? nil : $0.status == .ok }
        }
        sender.hasDKIM = isThere("\(domain.selector)._domainkey.\(domain.name)")
        sender.hasSPF = isThere(domain.name)
        sender.hasDMARC = isThere("_dmarc.\(domain.name)")
        return sender
    }
}
