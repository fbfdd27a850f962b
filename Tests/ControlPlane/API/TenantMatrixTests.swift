import HTTP
import Testing

@testable import ControlPlane

/// Generated from the routes, so that a route which is added is held to it as well.
@Suite struct TenantMatrixTests {
    private func paths(_ api: APIFixture, _ tenant: String) -> [(
        method: String, path: String, pattern: String, isRead: Bool
    )] {
        api.router.routes.filter { $0.pattern.contains("{tenant_id}") }.map { route in
            let segments = route.pattern.split(separator: "/").map { segment in
                if segment == "{tenant_id}" { return tenant }
                return segment.hasPrefix("{") ? "00000000-0000-4000-8000-000000000000" : String(segment)
            }
            // A preview reads, though it takes a body.
            var isRead = route.method == .get
            if case .scope(let scope) = route.info.access { isRead = isRead || scope.hasSuffix(":read") }
            return (route.method.rawValue, "/" + segments.joined(separator: "/"), route.pattern, isRead)
        }
    }

    @Test func `no route shows a tenant to a user of another one`() async throws {
        let api = try await APIFixture.shared.value
        let (mine, theirs) = (try await api.tenant(), try await api.tenant())
        let routes = paths(api, theirs.id)
        #expect(routes.count >= 25)
        for route in routes {
            let answer = try await api.call(route.method, route.path, token: mine.owner, json: "{}")
            let expected = route.pattern.contains("/admin/") ? 403 : 404
            #expect(answer.status == expected, "\(route.method) \(route.pattern)")
            #expect(answer.data == .null, "\(route.method) \(route.pattern)")
            if expected == 404 {
                #expect(answer.code == "TENANT_NOT_FOUND", "\(route.method) \(route.pattern)")
            }
        }
    }

    @Test func `a tenant that does not exist looks like one of somebody else`() async throws {
        let api = try await APIFixture.shared.value
        let mine = try await api.tenant()
        for id in ["11111111-1111-4111-8111-111111111111", "nonsense"] {
            for route in paths(api, id) where !route.pattern.contains("/admin/") {
                let answer = try await api.call(route.method, route.path, token: mine.owner, json: "{}")
                #expect(
                    answer.status == 404 && answer.code == "TENANT_NOT_FOUND",
                    "\(route.method) \(route.pattern)")
            }
        }
    }

    @Test func `a key or credential of another tenant is a mismatch everywhere`() async throws {
        let api = try await APIFixture.shared.value
        let (mine, theirs) = (try await api.tenant(), try await api.tenant())
        let key = try await api.call(
            "POST", mine.path + "/api-keys", token: mine.owner,
            json: #"{"name":"all","scopes":["*"],"rate_limit_per_minute":1000}"#)
        let token = try #require(key.data["key"].text)
        let credential = try await api.call(
            "POST", mine.path + "/credentials", token: mine.owner, json: #"{"label":"app"}"#)
        let basic = try
            "\(#require(credential.data["username"].text)):\(#require(credential.data["password"].text))"
        for route in paths(api, theirs.id) where !route.pattern.contains("/admin/") {
            let byKey = try await api.call(route.method, route.path, token: token, json: "{}")
            #expect(
                byKey.status == 403 && byKey.code == "CREDENTIAL_MISMATCH", "\(route.method) \(route.pattern)"
            )
            let byPassword = try await api.call(route.method, route.path, basic: basic, json: "{}")
            #expect(byPassword.status == 403 && byPassword.code == "CREDENTIAL_MISMATCH", "\(route.pattern)")
        }
    }

    @Test func `nothing of a tenant answers without credentials`() async throws {
        let api = try await APIFixture.shared.value
        let mine = try await api.tenant()
        for route in paths(api, mine.id) {
            let answer = try await api.call(route.method, route.path, json: "{}")
            #expect(answer.status == 401, "\(route.method) \(route.pattern)")
            let wrong = try await api.call(route.method, route.path, token: "dsp_live_nonsense", json: "{}")
            #expect(wrong.status == 401, "\(route.method) \(route.pattern)")
        }
    }

    @Test func `a viewer reads and changes nothing`() async throws {
        let api = try await APIFixture.shared.value
        let mine = try await api.tenant()
        let viewer = try await api.person()
        _ = try await api.call(
            "POST", mine.path + "/members", token: mine.owner,
            json: #"{"subject":"\#(viewer.subject)","role":"viewer"}"#)
        for route in paths(api, mine.id) where !route.pattern.contains("/admin/") {
            let answer = try await api.call(route.method, route.path, token: viewer.token, json: "{}")
            // What others did is for those who answer for the tenant.
            if route.isRead, !route.pattern.hasSuffix("/audit") {
                #expect(answer.status == 200 || answer.status == 404, "\(route.method) \(route.pattern)")
            } else {
                #expect(answer.status == 403, "\(route.method) \(route.pattern)")
            }
        }
    }
}
