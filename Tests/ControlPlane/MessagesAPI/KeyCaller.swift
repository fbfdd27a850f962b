import TestSupport
import Testing

/// A tenant with a key, as the callers of the Messages API are.
struct KeyCaller: Sendable {
    let api: APIFixture
    let tenant: (id: String, path: String, owner: String)
    let key: String

    static func make(scopes: String = #""*""#) async throws -> KeyCaller {
        let api = try await APIFixture.shared.value
        let tenant = try await api.tenant()
        return try await make(api, tenant, scopes: scopes)
    }

    /// Another key of the same tenant.
    func with(scopes: String) async throws -> KeyCaller { try await Self.make(api, tenant, scopes: scopes) }

    func call(_ method: String, _ path: String, _ json: String? = nil) async throws -> APIFixture.Answer {
        try await api.call(method, "/v1" + path, token: key, json: json)
    }

    /// A call of the tenants' API by the owner.
    func asOwner(_ method: String, _ path: String, _ json: String? = nil) async throws -> APIFixture.Answer {
        try await api.call(method, tenant.path + path, token: tenant.owner, json: json)
    }

    private static func make(
        _ api: APIFixture, _ tenant: (id: String, path: String, owner: String), scopes: String
    ) async throws -> KeyCaller {
        let made = try await api.call(
            "POST", tenant.path + "/api-keys", token: tenant.owner,
            json: #"{"name":"k","scopes":[\#(scopes)],"rate_limit_per_minute":10000}"#)
        return KeyCaller(api: api, tenant: tenant, key: try #require(made.data["key"].text))
    }
}
