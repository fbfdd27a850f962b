import FoundationEssentials
import TestSupport
import Testing

@testable import ControlPlane

@Suite(.enabled(if: TestPostgres.isInstalled)) struct AuditRoutesTests {
    @Test func `a tenant's admins read who did what, from where and in which request`() async throws {
        let caller = try await KeyCaller.make()
        let made = try await caller.call("POST", "/suppressions", #"{"email":"joe@example.com"}"#)
        #expect(made.status == 201)
        let list = try await caller.asOwner("GET", "/audit?action=suppression.added")
        #expect(list.status == 200 && list.body["pagination"]["total"] == 1)
        let entry = list.data[0]
        #expect(entry["actor_kind"] == "api_key" && entry["record_kind"] == "suppression")
        #expect(entry["tenant_id"].text == caller.tenant.id)
        #expect(entry["request_id"].text == made.headers["x-request-id"])
        #expect(entry["remote_ip"] == "127.0.0.1")
        #expect(!String(decoding: try list.body.encoded(), as: UTF8.self).contains("joe@example.com"))
        let (actor, record) = (entry["actor"].text ?? "", entry["record_id"].text ?? "")
        for (query, count) in [
            ("actor=\(actor)", 1), ("actor=nobody", 0), ("record=\(record)", 1), ("record=x", 0),
            ("actor=\(actor)&action=suppression.added&record=\(record)", 1),
            ("action=suppression.removed", 0), ("since=2020-01-01T00:00:00Z&actor=\(actor)", 1),
            ("until=2020-01-01T00:00:00Z", 0), ("actor=%27%20OR%20true%20--", 0),
        ] {
            let answer = try await caller.asOwner("GET", "/audit?\(query)")
            #expect(answer.data.elements.count == count, "\(query)")
        }
        let all = try await caller.asOwner("GET", "/audit")
        #expect(all.data[0] == entry)
        let total = try #require(all.body["pagination"]["total"].integer)
        let last = try await caller.asOwner("GET", "/audit?limit=1&page=\(total)")
        #expect(last.data == [all.data[total - 1]])
        for (query, field) in [("since=odd", "since"), ("page=0", "page"), ("actor=%00", "actor")] {
            let answer = try await caller.asOwner("GET", "/audit?\(query)")
            #expect(answer.status == 400, "\(query): \(answer.body)")
            if query != "actor=%00" { #expect(answer.field == field) }
        }
    }

    @Test func `nobody else reads it but operators, who read all of it`() async throws {
        let caller = try await KeyCaller.make()
        let stranger = try await KeyCaller.make()
        let path = caller.tenant.path + "/audit"
        let key = try await caller.api.call("GET", path, token: caller.key)
        #expect(key.status == 403 && key.code == "FORBIDDEN")
        #expect(try await caller.api.call("GET", path, token: stranger.tenant.owner).status == 404)
        let member = try await caller.api.person()
        _ = try await caller.asOwner("POST", "/members", #"{"email":"\#(member.email)","role":"member"}"#)
        #expect(try await caller.api.call("GET", path, token: member.token).code == "FORBIDDEN")

        let admin = "/api/v1/admin/audit"
        #expect(try await caller.api.call("GET", admin, token: caller.tenant.owner).status == 403)
        let person = try await caller.api.person(isOperator: true).token
        let all = try await caller.api.call("GET", admin, token: person)
        #expect(all.status == 200 && (all.body["pagination"]["total"].integer ?? 0) > 2)
        let one = try await caller.api.call("GET", "\(admin)?tenant=\(caller.tenant.id)", token: person)
        #expect(one.data == (try await caller.asOwner("GET", "/audit")).data)
        let plan = #"{"code":"audited","name":"Audited"}"#
        _ = try await caller.api.call("POST", "/api/v1/admin/plans", token: person, json: plan)
        let own = try await caller.api.call("GET", "\(admin)?tenant=service", token: person)
        #expect(own.data.elements.allSatisfy { $0["tenant_id"] == .null })
        let odd = try await caller.api.call("GET", "\(admin)?tenant=acme", token: person)
        #expect(odd.status == 400 && odd.field == "tenant")
    }
}
