import Testing

@testable import ControlPlane

@Suite struct TenantsTests {
    @Test func `a user makes a tenant and finds it again`() async throws {
        let api = try await APIFixture.shared.value
        let made = try await api.tenant()
        let list = try await api.call("GET", "/api/v1/dispatch/tenants", token: made.owner)
        #expect(list.data[0]["id"].text == made.id)
        #expect(list.data[0]["role"].text == "owner")
        #expect(list.body["pagination"]["total"].integer == 1)
        let one = try await api.call("GET", made.path, token: made.owner)
        #expect(one.status == 200)
        #expect(one.data["plan"].text == "free")
        #expect(one.data["usage"]["emails_sent"].integer == 0)
        #expect(one.data["usage"]["monthly_quota"].integer == 3000)
    }

    @Test func `settings change, plan and status are for operators`() async throws {
        let api = try await APIFixture.shared.value
        let made = try await api.tenant()
        let renamed = try await api.call(
            "PUT", made.path, token: made.owner, json: #"{"tenant_name":"Ünïcode & Söhne"}"#)
        #expect(renamed.data["tenant_name"].text == "Ünïcode & Söhne")
        let overage = try await api.call(
            "PUT", made.path, token: made.owner, json: #"{"overage_enabled":true}"#)
        #expect(overage.status == 400 && overage.field == "overage_enabled")
        let plan = try await api.call("PUT", made.path, token: made.owner, json: #"{"plan":"growth"}"#)
        #expect(plan.status == 403 && plan.code == "FORBIDDEN")
        let boss = try await api.person(isOperator: true).token
        let changed = try await api.call(
            "PUT", made.path, token: boss, json: #"{"plan":"growth","overage_enabled":false}"#)
        #expect(changed.data["plan"].text == "growth")
        let allowed = try await api.call(
            "PUT", made.path, token: made.owner, json: #"{"overage_enabled":true}"#)
        #expect(allowed.data["overage_enabled"].bool == true)
    }

    @Test(arguments: [
        (#"{"tenant_name":""}"#, "INVALID_FIELD", "tenant_name"), (#"{}"#, "MISSING_FIELD", "tenant_name"),
        (#"{"tenant_name":"x","color":1}"#, "UNKNOWN_FIELD", "color"),
        (#"{"tenant_name":"x","slug":"-a"}"#, "INVALID_FIELD", "slug"),
        (#"{"tenant_name":"a\u0000b"}"#, "INVALID_JSON", nil),
    ])
    func `a bad tenant is refused by name`(_ body: String, _ code: String, _ field: String?) async throws {
        let api = try await APIFixture.shared.value
        let user = try await api.person().token
        let answer = try await api.call("POST", "/api/v1/dispatch/tenants", token: user, json: body)
        #expect(answer.status == 400)
        #expect(answer.code == code)
        #expect(answer.field == field)
        #expect(answer.body["error"]["request_id"].text == answer.headers["x-request-id"])
    }

    @Test func `a suspended tenant is read and not changed, until it is resumed`() async throws {
        let api = try await APIFixture.shared.value
        let made = try await api.tenant()
        let boss = try await api.person(isOperator: true).token
        let admin = "/api/v1/admin/tenants/\(made.id)"
        let suspended = try await api.call(
            "POST", admin + "/suspend", token: boss, json: #"{"reason":"unpaid"}"#)
        #expect(suspended.data["status"].text == "suspended")
        #expect(try await api.call("GET", made.path, token: made.owner).status == 200)
        let refused = try await api.call(
            "POST", made.path + "/credentials", token: made.owner, json: #"{"label":"x"}"#)
        #expect(refused.status == 403 && refused.code == "TENANT_NOT_ACTIVE")
        _ = try await api.call("POST", admin + "/resume", token: boss)
        let taken = try await api.call(
            "POST", made.path + "/credentials", token: made.owner, json: #"{"label":"x"}"#)
        #expect(taken.status == 201)
        let missing = try await api.call(
            "POST", "/api/v1/admin/tenants/11111111-1111-4111-8111-111111111111/resume", token: boss)
        #expect(missing.status == 404)
    }

    @Test func `plans are listed, and operators add their own`() async throws {
        let api = try await APIFixture.shared.value
        let user = try await api.person().token
        let plans = try await api.call("GET", "/api/v1/dispatch/plans", token: user)
        #expect(plans.data.elements.map { $0["code"].text }.contains("free"))
        let boss = try await api.person(isOperator: true).token
        #expect(try await api.call("PUT", "/api/v1/admin/plans/tiny", token: user, json: "{}").status == 403)
        let tiny = try await api.call(
            "PUT", "/api/v1/admin/plans/tiny", token: boss, json: #"{"monthly_quota":10,"is_listed":false}"#)
        #expect(tiny.data["monthly_quota"].integer == 10)
        let bad = try await api.call(
            "PUT", "/api/v1/admin/plans/tiny", token: boss, json: #"{"deadline_hours":0}"#)
        #expect(bad.status == 400 && bad.field == "deadline_hours")
    }
}
