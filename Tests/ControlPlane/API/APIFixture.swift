import Crypto
import DNSProviders
import EventLoop
import FoundationEssentials
import HTTP
import HTTPClient
import NodeProtocol
import Postgres
import Relay
import Service
import TestSupport
import Testing

@testable import ControlPlane

/// The subjects of tenants behind a real server with a real database, shared by the tests of the API. Each
/// test makes its own tenants.
final class APIFixture: Sendable {
    /// What came back.
    struct Answer: Sendable {
        let status: Int
        let body: JSONValue
        let headers: [String: String]

        var data: JSONValue { body["data"] }
        /// Of any dialect: some keep it inside `error`.
        var code: String? { body["error"]["code"].text ?? body["code"].text }
        var field: String? { body["error"]["field"].text }
    }

    static let shared = Task { try await APIFixture() }

    let loop: EventLoop
    let context: ControlContext
    let router: Router
    let dnsAccounts: DNSAccounts
    /// A DNS provider whose zones are seen in the DNS of the service as soon as they change.
    let cloudflare: CloudflareStub
    private let server: HTTPServer
    private let client: HTTPClient
    private let records: Locked<[String: TXTLookup]>

    private init() async throws {
        loop = try EventLoop(name: "cp-api")
        loop.start()
        let pool = try await Self.database(loop)
        let seal = try SymmetricSeal(key: [UInt8](repeating: 7, count: 32))
        let secret = try ExternalTokenKey(secret: Self.portalSecret, keyID: "portal")
        let settings = TokenSettings(
            issuer: "https://d.example", audience: "dispatch", externalKeys: [secret])
        let tokens = try await TokenService.load(settings, pool: pool, masterSeal: seal, clusterID: UUID())
        let records = Locked<[String: TXTLookup]>([:])
        self.records = records
        let look: @Sendable (String) async -> TXTLookup = { name in
            let wildcard = name.firstIndex(of: ".").map { "*\(name[$0...])" }
            return records.withLock { known in
                known[name] ?? wildcard.flatMap { known[$0] } ?? .missing
            }
        }
        context = ControlContext(
            pool: pool, masterSeal: seal, tokens: tokens, blocking: BlockingPool(threads: 2, name: "cp-api"),
            loop: loop, clock: { Int64(Date().timeIntervalSince1970 * 1000) }, log: Log(component: "test"),
            serviceHost: "dispatch.example.com", smtpPort: 2525, dns: look, allowsDomainOverride: true,
            mailHosts: { name in await look("MX " + name) },
            delegation: { name in
                var labels = name.split(separator: ".")[...]
                while !labels.isEmpty {
                    let zone = labels.joined(separator: ".")
                    if case .found(let servers) = await look("NS " + zone) {
                        return .found(zone: zone, servers: servers)
                    }
                    labels = labels.dropFirst()
                }
                return .missing
            }, addresses: { name in await look("A " + name) }, resolvers: look,
            aliases: { name in await look("CNAME " + name) })
        let cloudflare = try CloudflareStub(on: loop) { name, lookup in
            records.withLock { $0[name] = lookup }
        }
        self.cloudflare = cloudflare
        let loop = loop
        client = try await loop.run {
            try HTTPClient(on: loop, HTTPClientSettings(egressGuard: .unrestricted))
        }
        let client = client
        let accounts = DNSAccounts(ProviderEndpoints(cloudflare: cloudflare.url)) {
            request throws(HTTPClientError) in
            try await client.send(request)
        } clock: {
            ProviderClock.system(on: loop)
        }
        dnsAccounts = accounts
        router = Self.router(context, accounts)
        server = try HTTPServer(HTTPServerConfiguration(address: .ipv4(0x7F00_0001, port: 0)), router: router)
        try server.start(on: [loop])
    }

    static let portalSecret = [UInt8](repeating: 0x5A, count: 32)

    private static func router(_ context: ControlContext, _ accounts: DNSAccounts) -> Router {
        let authenticator = Authenticator(context)
        var router = Router()
        router.add(.tenants)
        router.add(.messages)
        Login(context, authenticator).add(to: &router)
        Users(context, authenticator).add(to: &router)
        Members(context, authenticator).add(to: &router)
        Plans(context, authenticator).add(to: &router)
        Tenants(context, authenticator).add(to: &router)
        Credentials(context, authenticator).add(to: &router)
        APIKeys(context, authenticator).add(to: &router)
        let domains = Domains(context, authenticator)
        domains.add(to: &router)
        DNSProviderRoutes(context, authenticator, accounts).add(to: &router)
        DNSSetupRoutes(context, authenticator, accounts, proofPauses: [.milliseconds(1)]).add(to: &router)
        Webhooks(context, authenticator).add(to: &router)
        TemplateRoutes(context, authenticator).add(to: &router)
        MasterTemplates(context, authenticator).add(to: &router)
        Suppressions(context, authenticator).add(to: &router)
        SuppressionLists(context, authenticator).add(to: &router)
        AuditRoutes(context, authenticator).add(to: &router)
        MessagesResources(context, authenticator, domains).add(to: &router)
        router.reportInternalError = { error, pattern, _ in Issue.record("\(pattern ?? "-"): \(error)") }
        return router
    }

    private static func database(_ loop: EventLoop) async throws -> PostgresPool {
        let url = try await TestPostgres.createDatabase()
        let owner = PostgresConfiguration(url: url)
        let role = "api_service"
        try await loop.run {
            let connection = try await PostgresConnection.connect(owner)
            defer { connection.close() }
            try await connection.query("CREATE ROLE \(identifier: role) LOGIN")
        }
        _ = try await Migrator(Migrations.embedded).run(owner, runtimeRole: role, on: loop)
        return PostgresPool(PostgresConfiguration(url: "\(url) user=\(role)"), on: loop)
    }

    // MARK: Requests

    func call(
        _ method: String, _ path: String, token: String? = nil, basic: String? = nil, json: String? = nil
    ) async throws -> Answer {
        var request = HTTPClientRequest(method, "http://\(server.address)\(path)")
        if let token { request.headers.append(("Authorization", "Bearer \(token)")) }
        if let basic { request.headers.append(("Authorization", "Basic \(Base64.encode(basic))")) }
        if let json { request.body = Array(json.utf8) }
        let (client, sent) = (client, request)
        let response = try await loop.run { try await client.send(sent) }
        let body = JSONValue(reading: response.body)
        let headers = response.headers.map { ($0.name.lowercased(), $0.value) }
        return Answer(
            status: response.status, body: body, headers: Dictionary(headers) { first, _ in first })
    }

    /// Publishes a record in the DNS that the service sees; `MX name` for a mail host.
    func publish(_ name: String, _ lookup: TXTLookup?) { records.withLock { $0[name] = lookup } }

    // MARK: People

    /// An account with a token, without the cost of a password.
    func person(isOperator: Bool = false) async throws -> (subject: String, email: String, token: String) {
        let email = "\(UUID().text)@people.example"
        let rows = try await context.pool.query(
            """
            INSERT INTO users (email, password_hash, is_operator) VALUES (\(email), 'none', \(isOperator))
            RETURNING id
            """, as: .system)
        let subject = try #require(rows.first)["id", as: UUID.self].text
        return (subject, email, try token(subject, email))
    }

    func token(_ subject: String, _ email: String) throws -> String {
        try context.tokens.issue(
            subject: subject, email: email, tenants: [:], isOperator: false, now: context.nowSeconds)
    }

    /// A tenant with its owner, and the path of its routes.
    func tenant() async throws -> (id: String, path: String, owner: String) {
        let owner = try await person().token
        let answer = try await call(
            "POST", "/api/v1/dispatch/tenants", token: owner, json: #"{"tenant_name":"Acme"}"#)
        #expect(answer.status == 201)
        let id = try #require(answer.data["id"].text)
        return (id, "/api/v1/dispatch/tenants/\(id)", owner)
    }
}
