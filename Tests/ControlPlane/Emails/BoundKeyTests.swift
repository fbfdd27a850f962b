import FoundationEssentials
import NodeProtocol
import TestSupport
import Testing

@testable import ControlPlane

/// A key that is bound to a domain sees and changes that domain's mail, and no other.
@Suite(.enabled(if: TestPostgres.isInstalled)) struct BoundKeyTests {
    private func tell(_ from: String, _ stage: LogStage, isTest: Bool = false) async throws -> Story {
        let story = stage.story()
        var record = story.accepted(isTest: isTest)
        record.event.accepted?.from = from
        try await stage.report([record])
        return story
    }

    @Test func `lists show the mail of the domain and of those below it`() async throws {
        let stage = try await LogStage()
        let key = try await stage.key(#""domain":"shop.example""#)
        let own = try await tell("Shop <a@Shop.example>", stage)
        let below = try await tell("a@mail.shop.example", stage)
        for other in ["a@notshop.example", "shop.example <a@other.example>", "a@shop.example.org"] {
            _ = try await tell(other, stage)
        }
        let wanted = Set([own, below].map(\.message.description))
        for path in [
            "/v1/messages", "/api/v1/emails", "/api/v1/dispatch/tenants/\(stage.tenant)/emails",
            "/v1/messages?to=alice@example.org", "/v1/messages?status=queued",
        ] {
            let list = try await stage.get(path, by: key)
            #expect(Set(list.data.elements.compactMap { $0["id"].text }) == wanted, "\(path)")
            let total = list.body["meta"]["total"].integer ?? list.body["total"].integer
            #expect((total ?? list.body["pagination"]["total"].integer) == 2, "\(path)")
            #expect(try await stage.get(path).data.elements.count == 5, "\(path)")
        }
        let queue = "/api/v1/dispatch/tenants/\(stage.tenant)/queue"
        #expect(try await stage.get(queue, by: key).data["total"].integer == 4)
        #expect(try await stage.get(queue).data["total"].integer == 10)
        await stage.stop()
    }

    @Test func `another domain's message is not there, whatever is asked of it`() async throws {
        let stage = try await LogStage()
        let key = try await stage.key(#""domain":"shop.example""#)
        let (own, foreign) = (
            try await tell("a@shop.example", stage), try await tell("a@other.example", stage)
        )
        let tenants = "/api/v1/dispatch/tenants/\(stage.tenant)"
        let time = #"{"scheduled_at":"2099-01-01T00:00:00Z"}"#
        for (method, path, suffix, json) in [
            ("GET", "/v1/messages/", "", nil), ("GET", "/v1/messages/", "/events", nil),
            ("DELETE", "/v1/messages/", "/schedule", nil), ("GET", "/api/v1/emails/", "", nil),
            ("POST", "/api/v1/emails/", "/cancel", nil), ("PATCH", "/api/v1/emails/", "", time),
            ("POST", "/api/v1/emails/", "/resend", nil), ("GET", "/api/v1/messages/", "", nil),
            ("GET", "\(tenants)/emails/", "", nil), ("GET", "\(tenants)/queue/", "", nil),
        ] {
            func ask(_ story: Story) async throws -> ServiceFixture.Answer {
                try await stage.control.call(
                    method, "\(path)\(story.message)\(suffix)", token: key, json: json)
            }
            let refused = try await ask(foreign)
            #expect(refused.status == 404, "\(method) \(path)\(suffix)")
            #expect(try await ask(own).status != 404, "\(method) \(path)\(suffix)")
            // As one that does not exist.
            let unknown = try await stage.control.call(
                method, "\(path)00000000-0000-7000-8000-000000000000\(suffix)", token: key, json: json)
            #expect(unknown.status == 404 && unknown.code == refused.code, "\(method) \(path)\(suffix)")
        }
        await stage.stop()
    }

    @Test func `captured mail of other domains is neither read nor deleted`() async throws {
        let stage = try await LogStage()
        let key = try await stage.key(#""domain":"shop.example","mode":"test""#)
        let own = try await tell("a@shop.example", stage, isTest: true)
        let foreign = try await tell("a@other.example", stage, isTest: true)
        let path = "/api/v1/dispatch/tenants/\(stage.tenant)/captured"
        #expect(
            try await stage.get(path, by: key).data.elements.map { $0["id"].text } == [
                own.message.description
            ])
        #expect(try await stage.get("\(path)/\(foreign.message)", by: key).status == 404)
        let one = try await stage.control.call("DELETE", "\(path)/\(foreign.message)", token: key)
        #expect(one.status == 404)
        let all = try await stage.control.call("DELETE", "\(path)?all=true", token: key)
        #expect(all.status == 200 && all.data["deleted"].integer == 1)
        #expect(try await stage.get(path).data.elements.count == 1)
        await stage.stop()
    }

    @Test func `only the domain itself and those below it are managed`() async throws {
        let stage = try await LogStage()
        let key = try await stage.key(#""domain":"shop.example""#)
        var ids: [String: String] = [:]
        for (list, answer) in [("/v1/domains", "data"), (tenantDomains(stage), "data")] {
            for name in ["shop.example", "mail.shop.example", "other.example"] where ids[name] == nil {
                let made = try await stage.control.call(
                    "POST", "/v1/domains", token: stage.key, json: #"{"domain":"\#(name)"}"#)
                let id = try #require(made.data["id"].text, "\(made.body)")
                ids[name] = id
            }
            let seen = try await stage.get(list, by: key).body[answer].elements
            #expect(
                Set(seen.compactMap { $0["domain"].text }) == ["shop.example", "mail.shop.example"],
                "\(list)")
            let refused = try await stage.control.call(
                "POST", list, token: key, json: #"{"domain":"notshop.example"}"#)
            #expect(refused.status == 403, "\(list)")
            let own = try #require(ids["mail.shop.example"])
            let foreign = try #require(ids["other.example"])
            for (method, suffix) in [("GET", ""), ("POST", "/verify"), ("DELETE", "")] {
                let answer = try await stage.control.call(method, "\(list)/\(foreign)\(suffix)", token: key)
                #expect(
                    answer.status == 404 && answer.code?.lowercased() == "domain_not_found",
                    "\(method) \(list)")
            }
            #expect(try await stage.get("\(list)/\(own)", by: key).status == 200)
        }
        let turned = try await stage.control.call(
            "POST", "\(tenantDomains(stage))/\(ids["other.example"] ?? "")/dkim/rotate", token: key)
        #expect(turned.status == 404)
        await stage.stop()
    }

    @Test func `what is the whole tenant's is refused, whatever the scopes`() async throws {
        let stage = try await LogStage()
        let key = try await stage.key(#""domain":"shop.example""#)
        let (tenant, id) = ("/api/v1/dispatch/tenants/\(stage.tenant)", UUID().text)
        for (method, path) in [
            ("GET", "\(tenant)/webhooks"), ("POST", "\(tenant)/webhooks"),
            ("DELETE", "\(tenant)/webhooks/\(id)"),
            ("GET", "\(tenant)/usage"), ("GET", "/v1/webhooks"), ("POST", "/v1/webhooks"),
            ("GET", "/v1/webhooks/\(id)"), ("PATCH", "/v1/webhooks/\(id)"), ("DELETE", "/v1/webhooks/\(id)"),
            ("POST", "/v1/webhooks/\(id)/rotate-secret"), ("GET", "/v1/analytics/overview"),
            ("GET", "/v1/analytics/timeseries"),
        ] {
            let json = method == "GET" || method == "DELETE" ? nil : "{}"
            let refused = try await stage.control.call(method, path, token: key, json: json)
            #expect(refused.status == 403, "\(method) \(path)")
            #expect(refused.code?.lowercased() == "key_bound_to_domain", "\(method) \(path): \(refused.body)")
            let free = try await stage.control.call(method, path, token: stage.key, json: json)
            #expect(free.status != 403, "\(method) \(path)")
        }
        for path in ["/v1/templates", "/v1/suppressions"] {
            #expect(try await stage.get(path, by: key).status == 200, "\(path)")
        }
        await stage.stop()
    }

    private func tenantDomains(_ stage: LogStage) -> String {
        "/api/v1/dispatch/tenants/\(stage.tenant)/domains"
    }
}
