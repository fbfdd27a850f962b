import Crypto
import FoundationEssentials
import TestSupport

/// Everybody who may try a route: good and bad, of the tenant and of others.
struct AccessCallers {
    /// Why a caller is not let in, or what it may do.
    enum Standing: Sendable {
        case notProven
        /// A user of another tenant.
        case stranger
        /// A key or credential of another tenant.
        case foreignKey
        case role(String)
        case key(scopes: Set<String>)
        /// A member of the tenant that is suspended, which is the one asked for.
        case suspended
    }

    struct Caller: Sendable {
        let name: String
        let standing: Standing
        let headers: [(name: String, value: String)]
    }

    static let secret = String(repeating: "k", count: 40)
    static let issuer = "https://portal.example"

    let tenant: TestTenant
    let suspended: TestTenant
    private(set) var all: [Caller] = []

    init(_ cluster: Cluster) async throws {
        tenant = try await cluster.makeTenant("Victim", domain: "victim.example")
        suspended = try await cluster.makeTenant("Late payer", domain: "late.example")
        let other = try await cluster.makeTenant("Other", domain: "stranger.example")
        try await cluster.api.must(
            "POST", "/api/v1/admin/tenants/\(suspended.id)/suspend", ["reason": "unpaid"])
        add("nobody", .notProven, [])
        for (name, token) in try badTokens() { add(name, .notProven, Self.bearer(token)) }
        for (name, headers) in try await Self.revoked(tenant, cluster) { add(name, .notProven, headers) }
        add("a key that was never made", .notProven, Self.bearer("dsp_live_never"))
        add("a user of another tenant", .stranger, Self.bearer(try user(other, "owner")))
        add("a key of another tenant", .foreignKey, Self.bearer(other.apiKey))
        add("a credential of another tenant", .foreignKey, Self.basic(other.username, other.password))
        for role in ["viewer", "member", "admin", "owner"] {
            add("a user with the role \(role)", .role(role), Self.bearer(try user(tenant, role)))
        }
        let narrow = try await cluster.api.must(
            "POST", "\(tenant.path)/api-keys",
            ["name": "narrow", "scopes": ["ingest:read"], "rate_limit_per_minute": 100_000])["data"]
        add(
            "a key without the scope", .key(scopes: ["ingest:read"]),
            Self.bearer(try Cluster.text(narrow["key"].text, "key")))
        add("a key with every scope", .key(scopes: ["*"]), Self.bearer(tenant.apiKey))
        add(
            "a credential", .key(scopes: ["emails:send", "emails:read"]),
            Self.basic(tenant.username, tenant.password))
        add("an owner of a suspended tenant", .suspended, Self.bearer(try user(suspended, "owner")))
        try await cluster.waitUntilNodesHaveEverything()
    }

    private mutating func add(
        _ name: String, _ standing: Standing, _ headers: [(name: String, value: String)]
    ) {
        all.append(Caller(name: name, standing: standing, headers: headers))
    }

    // MARK: Tokens

    private struct Claims: Encodable {
        var iss = AccessCallers.issuer
        var aud = "dispatch"
        var sub = "portal-user"
        var iat: Int
        var exp: Int
        let tenants: [String: String]
    }

    private func claims(_ tenant: TestTenant, _ role: String, age: Int = 0) -> Claims {
        let now = Int(Date().timeIntervalSince1970)
        return Claims(
            sub: "\(role)@\(tenant.domain)", iat: now - age, exp: now - age + 3600, tenants: [tenant.id: role]
        )
    }

    private func user(_ tenant: TestTenant, _ role: String) throws -> String {
        try signed(claims(tenant, role), by: Self.secret)
    }

    private func signed(_ claims: Claims, by secret: String) throws -> String {
        try JWTSigner(.secret(Array(secret.utf8), keyID: nil)).sign(claims)
    }

    private func badTokens() throws -> [(String, String)] {
        let good = try user(tenant, "owner").split(separator: ".").map(String.init)
        func with(algorithm: String, signature: String? = nil) -> String {
            let header = Base64.encodeURL(Array(#"{"alg":"\#(algorithm)","typ":"JWT"}"#.utf8))
            return "\(header).\(good[1]).\(signature ?? good[2])"
        }
        var foreign = claims(tenant, "owner")
        foreign.iss = "https://elsewhere.example"
        var misdirected = claims(tenant, "owner")
        misdirected.aud = "other"
        return [
            ("an expired token", try signed(claims(tenant, "owner", age: 7200), by: Self.secret)),
            (
                "a token by another key",
                try signed(claims(tenant, "owner"), by: String(repeating: "x", count: 40))
            ),
            ("a token of another issuer", try signed(foreign, by: Self.secret)),
            ("a token for another audience", try signed(misdirected, by: Self.secret)),
            ("the algorithm none", with(algorithm: "none", signature: "")),
            ("the algorithm none with a signature", with(algorithm: "none")),
            ("the algorithm EdDSA over a shared secret", with(algorithm: "EdDSA")),
            ("the algorithm HS512", with(algorithm: "HS512")),
            ("half a token", "\(good[0]).\(good[1])"),
        ]
    }

    /// A key and a credential that were good until now.
    private static func revoked(
        _ tenant: TestTenant, _ cluster: Cluster
    ) async throws -> [(String, [(name: String, value: String)])] {
        let key = try await cluster.api.must(
            "POST", "\(tenant.path)/api-keys", ["name": "old", "scopes": ["*"]])["data"]
        let credential = try await cluster.api.must(
            "POST", "\(tenant.path)/credentials", ["label": "old"])["data"]
        try await cluster.api.must("DELETE", "\(tenant.path)/api-keys/\(key["id"].text ?? "")")
        try await cluster.api.must("DELETE", "\(tenant.path)/credentials/\(credential["id"].text ?? "")")
        return [
            ("a revoked key", bearer(try Cluster.text(key["key"].text, "key"))),
            (
                "a revoked credential",
                basic(
                    try Cluster.text(credential["username"].text, "username"),
                    try Cluster.text(credential["password"].text, "password"))
            ),
        ]
    }

    private static func bearer(_ token: String) -> [(name: String, value: String)] {
        [("Authorization", "Bearer \(token)")]
    }

    private static func basic(_ username: String, _ password: String) -> [(name: String, value: String)] {
        [("Authorization", "Basic \(Base64.encode(Array("\(username):\(password)".utf8)))")]
    }
}
