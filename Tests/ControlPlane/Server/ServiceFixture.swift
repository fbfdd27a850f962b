import Crypto
import EventLoop
import FoundationEssentials
import HTTP
import HTTPClient
import NodeProtocol
import Postgres
import Service
import TestSupport
import Testing

@testable import ControlPlane

/// A whole control plane on loopback with a database of its own, and signed requests of nodes to it.
final class ServiceFixture: Sendable {
    /// What came back.
    struct Answer: Sendable {
        let status: Int
        let bytes: [UInt8]
        let body: JSONValue
        let header: @Sendable (String) -> String?

        var data: JSONValue { body["data"] }
        /// Of any dialect: some keep it inside `error`.
        var code: String? { body["error"]["code"].text ?? body["code"].text }
    }

    let group: EventLoopGroup
    let service: ControlPlaneService
    let context: ControlContext
    let baseURL: String
    private let ownerURL: String
    private let loop: EventLoop
    private let client: HTTPClient

    static func make(_ more: [String: String] = [:]) async throws -> ServiceFixture {
        let group = try EventLoopGroup(count: 2, name: "cp-service")
        let loop = try #require(group.loops.first)
        let url = try await TestPostgres.createDatabase()
        let role = "service_\(UUID().text.prefix(8))"
        try await loop.run {
            let connection = try await PostgresConnection.connect(PostgresConfiguration(url: url))
            defer { connection.close() }
            try await connection.query("CREATE ROLE \(identifier: role) LOGIN")
        }
        let environment = [
            "DISPATCH_DATABASE_URL": "\(url) user=\(role)", "DISPATCH_DATABASE_OWNER_URL": url,
            "DISPATCH_MASTER_KEY": Base64.encode([UInt8](repeating: 7, count: 32)),
            "DISPATCH_LISTEN": "127.0.0.1:0", "DISPATCH_METRICS": "127.0.0.1:0",
            "DISPATCH_SERVICE_HOST": "dispatch.example.com",
            "DISPATCH_TOKEN_HS256_SECRET": String(repeating: "s", count: 40),
        ].merging(more) { $1 }
        var reader = SettingsReader(environment: environment, program: "control-plane")
        let settings = ControlSettings(reading: &reader)
        try reader.finish()
        let service = ControlPlaneService(settings: settings, group: group, log: Log(component: "test"))
        try await service.start()
        return try await ServiceFixture(group, service, loop, ownerURL: url)
    }

    private init(
        _ group: EventLoopGroup, _ service: ControlPlaneService, _ loop: EventLoop, ownerURL: String
    ) async throws {
        self.ownerURL = ownerURL
        self.group = group
        self.service = service
        self.loop = loop
        context = try #require(service.context)
        baseURL = "http://\(try #require(service.address))"
        client = try await loop.run {
            try HTTPClient(on: loop, HTTPClientSettings(egressGuard: .unrestricted))
        }
    }

    func send(
        _ method: String, _ path: String, headers: [(name: String, value: String)] = [], body: [UInt8]? = nil
    ) async throws -> Answer {
        let response = try await response(method, baseURL + path, headers: headers, body: body)
        let json = JSONValue(reading: response.body)
        return Answer(
            status: response.status, bytes: response.body, body: json, header: { response.header($0) })
    }

    /// The answer to any URL as it came.
    func response(
        _ method: String, _ url: String, headers: [(name: String, value: String)] = [], body: [UInt8]? = nil
    ) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(method, url, headers: headers, body: body)
        request.maxResponseBytes = 1 << 24
        request.totalTimeout = .seconds(40)
        let (client, sent) = (client, request)
        return try await loop.run { try await client.send(sent) }
    }

    /// What the service counts, as Prometheus reads it.
    func metrics() async throws -> String {
        let address = try #require(service.metricsAddress)
        return String(decoding: try await response("GET", "http://\(address)/metrics").body, as: UTF8.self)
    }

    func call(_ method: String, _ path: String, token: String, json: String? = nil) async throws -> Answer {
        try await send(
            method, path, headers: [("Authorization", "Bearer \(token)")], body: json.map { Array($0.utf8) })
    }

    /// The token of a new operator.
    func operatorToken() async throws -> String {
        let rows = try await context.pool.query(
            """
            INSERT INTO users (email, password_hash, is_operator)
            VALUES (\("\(UUID().text)@operators.example"), 'none', true) RETURNING id, email
            """, as: .system)
        let row = try #require(rows.first)
        return try context.tokens.issue(
            subject: try row["id", as: UUID.self].text, email: try row["email"], tenants: [:],
            isOperator: true,
            now: context.nowSeconds)
    }

    /// The token of a new user with a role in a tenant.
    func memberToken(of tenant: TenantID, role: String) async throws -> String {
        let rows = try await context.pool.query(
            """
            INSERT INTO users (email, password_hash) VALUES (\("\(UUID().text)@people.example"), 'none')
            RETURNING id, email
            """, as: .system)
        let row = try #require(rows.first)
        let subject = try row["id", as: UUID.self].text
        try await context.pool.query(
            """
            INSERT INTO memberships (tenant_id, subject, role) VALUES (\(tenant.uuid), \(subject), \(role))
            """, as: .system)
        return try context.tokens.issue(
            subject: subject, email: try row["email"], tenants: [:], isOperator: false,
            now: context.nowSeconds)
    }

    /// A tenant made by an operator.
    func tenant(_ token: String) async throws -> TenantID {
        let answer = try await call(
            "POST", "/api/v1/dispatch/tenants", token: token, json: #"{"tenant_name":"Acme"}"#)
        return try #require(answer.data["id"].text.flatMap { TenantID(text: $0) })
    }

    /// Creates a node and joins it, served by a listener that plays it.
    func node(_ token: String, _ name: String = "n\(UUID().text.prefix(8))") async throws -> FakeNode {
        let made = try await call("POST", "/api/v1/admin/nodes", token: token, json: #"{"name":"\#(name)"}"#)
        #expect(made.status == 201)
        return try await FakeNode.join(self, token: try #require(made.data["join_token"].text))
    }

    func count(_ sql: SQL) async throws -> Int {
        try await context.pool.query(sql, as: .system).first?["n"] ?? -1
    }

    /// Runs a statement as the owner of the tables, whom nothing is hidden from.
    func asOwner(_ sql: SQL) async throws {
        try await loop.run { [ownerURL] in
            let connection = try await PostgresConnection.connect(PostgresConfiguration(url: ownerURL))
            defer { connection.close() }
            try await connection.query(sql)
        }
    }

    func stop() async { await service.stop() }
}

extension EventLoop {
    /// Waits on this loop, from any task.
    func pause(_ duration: Duration) async {
        _ = try? await run { await self.sleep(duration) }
    }
}
