import Testing

@testable import ControlPlane

@Suite struct APIKeysTests {
    @Test func `a key shows itself once and obeys its scopes`() async throws {
        let api = try await APIFixture.shared.value
        let made = try await api.tenant()
        let created = try await api.call(
            "POST", made.path + "/api-keys", token: made.owner,
            json:
                #"{"name":"reader","scopes":["suppressions:read"],"mode":"test","#
                + #""allowed_cidrs":["127.0.0.9/8"]}"#
        )
        #expect(created.status == 201)
        let key = try #require(created.data["key"].text)
        #expect(key.hasPrefix("dsp_test_"))
        #expect(created.data["prefix"].text.map(key.hasPrefix) == true)
        #expect(created.data["allowed_cidrs"][0].text == "127.0.0.0/8")
        let read = try await api.call("GET", made.path + "/suppressions", token: key)
        #expect(read.status == 200)
        #expect(read.headers["ratelimit-limit"] == "100")
        let write = try await api.call(
            "POST", made.path + "/suppressions", token: key, json: #"{"email":"a@b.example"}"#)
        #expect(write.status == 403 && write.code == "SCOPE_MISSING")
        #expect(try await api.call("GET", made.path + "/api-keys", token: key).status == 403)
        let list = try await api.call("GET", made.path + "/api-keys", token: made.owner)
        #expect(list.data[0]["key"] == .null)
        let id = try #require(created.data["id"].text)
        #expect(try await api.call("DELETE", made.path + "/api-keys/\(id)", token: made.owner).status == 200)
        #expect(try await api.call("GET", made.path + "/suppressions", token: key).status == 401)
    }

    @Test func `a key is refused from elsewhere and beyond its rate`() async throws {
        let api = try await APIFixture.shared.value
        let made = try await api.tenant()
        func key(_ more: String) async throws -> String {
            let answer = try await api.call(
                "POST", made.path + "/api-keys", token: made.owner,
                json: #"{"name":"k","scopes":["*"],\#(more)}"#)
            return try #require(answer.data["key"].text)
        }
        let far = try await api.call(
            "GET", made.path, token: try await key(#""allowed_cidrs":["203.0.113.0/24"]"#))
        #expect(far.status == 403 && far.code == "SOURCE_ADDRESS_NOT_ALLOWED")
        let slow = try await key(#""rate_limit_per_minute":1"#)
        var statuses: Set<Int> = []
        for _ in 0..<3 { statuses.insert(try await api.call("GET", made.path, token: slow).status) }
        #expect(statuses.contains(429))
    }

    @Test func `a key with every scope makes no keys, credentials or members`() async throws {
        let api = try await APIFixture.shared.value
        let made = try await api.tenant()
        let created = try await api.call(
            "POST", made.path + "/api-keys", token: made.owner,
            json: #"{"name":"k","scopes":["*"],"mode":"test","rate_limit_per_minute":1000}"#)
        let key = try #require(created.data["key"].text)
        for (path, body) in [
            ("/api-keys", #"{"name":"wider","scopes":["*"]}"#), ("/credentials", #"{"label":"live"}"#),
            ("/members", #"{"subject":"someone","role":"admin"}"#),
        ] {
            let answer = try await api.call("POST", made.path + path, token: key, json: body)
            #expect(answer.status == 403 && answer.code == "FORBIDDEN", "\(path)")
            #expect(try await api.call("GET", made.path + path, token: key).status == 403)
        }
        #expect(try await api.call("GET", made.path + "/suppressions", token: key).status == 200)
    }

    @Test(arguments: [
        (#"{"name":"k","scopes":[]}"#, "scopes"),
        (#"{"name":"k","scopes":["emails:send","nope"]}"#, "scopes[1]"),
        (#"{"name":"","scopes":["*"]}"#, "name"), (#"{"name":"k","scopes":["*"],"mode":"prod"}"#, "mode"),
        (#"{"name":"k","scopes":["*"],"allowed_cidrs":["10.0.0.0/33"]}"#, "allowed_cidrs[0]"),
        (#"{"name":"k","scopes":["*"],"expires_at":"2001-01-01T00:00:00Z"}"#, "expires_at"),
        (#"{"name":"k","scopes":["*"],"expires_at":"soon"}"#, "expires_at"),
        (#"{"name":"k","scopes":["*"],"domain":"not a domain"}"#, "domain"),
        (#"{"name":"k","scopes":["*"],"rate_limit_per_minute":0}"#, "rate_limit_per_minute"),
    ])
    func `a bad key is refused by field`(_ body: String, _ field: String) async throws {
        let api = try await APIFixture.shared.value
        let made = try await api.tenant()
        let answer = try await api.call("POST", made.path + "/api-keys", token: made.owner, json: body)
        #expect(answer.status == 400)
        #expect(answer.field == field)
    }
}
