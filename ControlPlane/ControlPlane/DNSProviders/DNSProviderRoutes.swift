import Crypto
import DNSProviders
import FoundationEssentials
import HTTP
import Postgres

/// Accounts at DNS providers that a user has connected: sealed at rest, never shown again, used for nobody
/// else.
package struct DNSProviderRoutes: Sendable {
    static let maxAccounts = 50

    private let context: ControlContext
    private let authenticator: Authenticator
    private let accounts: DNSAccounts

    package init(_ context: ControlContext, _ authenticator: Authenticator, _ accounts: DNSAccounts) {
        self.context = context
        self.authenticator = authenticator
        self.accounts = accounts
    }

    package func add(to router: inout Router) {
        router.user(
            .post, "/api/v1/user/dns-providers", authenticator,
            RouteInfo(
                summary: "Connect a DNS provider",
                details: "The credential is tried by listing zones. Cloudflare takes `token`; Route 53 "
                    + "`access_key`, `secret_key` and `region`; Google `service_account_json` and "
                    + "`project_id`.", tag: "DNS providers", authentication: .bearer,
                requestSchema: Connection.schema,
                responses: [
                    .init(
                        201, "The provider.",
                        .data(DNSAccountRow.schema, message: "DNS provider connected")),
                    .init(
                        400, "A field is wrong, the provider refuses the credential, or there are too many.",
                        codes: ["dns_credentials_refused", "dns_permission_missing", "limit_reached"]),
                ] + Self.refusals + DNSProviderError.answersOfEveryCall)
        ) { try await connect($0) }
        router.user(
            .get, "/api/v1/user/dns-providers", authenticator,
            RouteInfo(
                summary: "List connected DNS providers", tag: "DNS providers", authentication: .bearer,
                responses: [.init(200, "The providers.", .data(.array(DNSAccountRow.schema)))]
                    + Self.refusals)
        ) { try await list($0) }
        router.user(
            .get, "/api/v1/user/dns-providers/{provider_id}/zones", authenticator,
            RouteInfo(
                summary: "List DNS zones from provider", tag: "DNS providers", authentication: .bearer,
                responses: [
                    .init(200, "The zones.", .data(.array(ZoneView.schema))),
                    .init(
                        400, "The provider refuses the credential.",
                        codes: ["dns_credentials_refused", "dns_permission_missing"]),
                    .init(404, "There is no such record.", codes: ["dns_provider_not_found"]),
                ] + Self.refusals + DNSProviderError.answersOfEveryCall)
        ) { try await zones($0) }
        router.user(
            .delete, "/api/v1/user/dns-providers/{provider_id}", authenticator,
            RouteInfo(
                summary: "Disconnect a DNS provider", details: "What was set up through it stays in DNS.",
                tag: "DNS providers", authentication: .bearer,
                responses: [
                    .init(200, "It is forgotten.", .message("DNS provider disconnected")),
                    .init(404, "There is no such record.", codes: ["dns_provider_not_found"]),
                ] + Self.refusals)
        ) { try await disconnect($0) }
    }

    private static let refusals = [
        RouteInfo.Response(403, "A key or credential; this needs a user.", codes: ["user_required"])
    ]

    private struct Connection: Decodable {
        let provider: String
        let label: String
        let credential: DNSCredential

        enum CodingKeys: CodingKey { case provider, label }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            provider = try container.decode(String.self, forKey: .provider)
            label = try container.decode(String.self, forKey: .label)
            credential = try DNSCredential(from: decoder)
        }

        static let schema = Schema.object([
            "provider": Schema.choice("cloudflare", "route53", "gcp").required,
            "label": .string.required.example("My Cloudflare"),
            "token": .string.example("your-cloudflare-api-token"), "access_key": .string,
            "secret_key": .string, "region": .string.described("`us-east-1` unless given."),
            "service_account_json": .string, "project_id": .string,
        ])
    }

    private struct ZoneView: Encodable {
        let id: String
        let name: String

        static let schema = Schema.record([
            "id": .string.example("abc123"), "name": .string.example("yourdomain.com"),
        ]).named("DNSZone")
    }

    private func connect(_ call: CallerCall) async throws -> HTTPResponse {
        let subject = try call.caller.requireSubject()
        let body = try await call.decode(Connection.self)
        guard let kind = ProviderKind(rawValue: body.provider) else {
            throw APIError.invalid("provider", "must be cloudflare, route53 or gcp")
        }
        let label = body.label.trimmingWhitespace
        guard (1...200).contains(label.count) else {
            throw APIError.invalid("label", "must have 1 to 200 characters")
        }
        if let foreign = body.credential.foreignFields(kind).first {
            throw APIError.invalid(foreign, "does not belong to \(kind.rawValue)")
        }
        let credential = try body.credential.checked(kind)
        let id = UUID()
        do throws(DNSProviderError) {
            _ = try await accounts.open(credential, as: id.text).zones()
        } catch { throw error.answer }
        let sealed = try context.masterSeal.seal(
            Array(try JSONEncoder().encode(body.credential)),
            context: DNSAccountRow.sealContext(subject, id))
        let actor = call.actor
        let account = try await context.pool.transaction(as: .system) { connection in
            let rows = try await connection.query(
                """
                INSERT INTO dns_providers (subject, id, kind, label, hint, sealed)
                SELECT \(subject), \(id), \(kind.rawValue), \(label), \(credential.hint), \(sealed)
                WHERE (SELECT count(*) FROM dns_providers WHERE subject = \(subject)) < \(Self.maxAccounts)
                RETURNING \(DNSAccountRow.columns)
                """)
            guard let row = rows.first else {
                throw APIError(400, "limit_reached", "A user may connect \(Self.maxAccounts) providers.")
            }
            try await Audit.write(
                connection, actor, tenant: nil, "dns_provider.connected",
                record: ("dns_provider", id.text), detail: ["provider": kind.rawValue, "label": label])
            return try DNSAccountRow(row)
        }
        return try .data(account.view, message: "DNS provider connected", status: 201)
    }

    private func list(_ call: CallerCall) async throws -> HTTPResponse {
        let subject = try call.caller.requireSubject()
        let rows = try await context.pool.query(
            """
            SELECT \(DNSAccountRow.columns) FROM dns_providers WHERE subject = \(subject)
            ORDER BY created_at, id
            """, as: .system)
        return try .data(try rows.map { try DNSAccountRow($0).view })
    }

    private func zones(_ call: CallerCall) async throws -> HTTPResponse {
        let subject = try call.caller.requireSubject()
        let id = try call.id("provider_id", of: "dns provider")
        let account = try await DNSAccountRow.find(id, of: subject, context.pool)
        let credential = try account.credential(context.masterSeal)
        do throws(DNSProviderError) {
            let zones = try await accounts.open(credential, as: id.text).zones()
            let views = zones.sorted { $0.name < $1.name }.map { ZoneView(id: $0.id, name: $0.name) }
            return try Self.data(views)
        } catch { throw error.answer }
    }

    private static func data(_ views: [ZoneView]) throws(DNSProviderError) -> HTTPResponse {
        do { return try .data(views) } catch { throw .unsupported("a zone cannot be written as JSON") }
    }

    private func disconnect(_ call: CallerCall) async throws -> HTTPResponse {
        let subject = try call.caller.requireSubject()
        let id = try call.id("provider_id", of: "dns provider")
        let actor = call.actor
        try await context.pool.transaction(as: .system) { connection in
            let deleted = try await connection.execute(
                "DELETE FROM dns_providers WHERE subject = \(subject) AND id = \(id)")
            guard deleted == 1 else { throw APIError.noSuch("dns provider") }
            try await Audit.write(
                connection, actor, tenant: nil, "dns_provider.disconnected",
                record: ("dns_provider", id.text))
        }
        return try .message("DNS provider disconnected")
    }
}

extension Caller {
    /// Who the caller is as a person.
    ///
    /// - Throws: 403 for keys and credentials: accounts at DNS providers belong to people.
    func requireSubject() throws(APIError) -> String {
        guard kind == .user || kind == .operator else {
            throw APIError(403, "user_required", "This needs the token of a user, not a key.")
        }
        return id
    }
}
