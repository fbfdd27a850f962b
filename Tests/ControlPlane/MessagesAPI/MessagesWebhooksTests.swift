import FoundationEssentials
import NodeProtocol
import TestSupport
import Testing

@testable import ControlPlane

@Suite(.enabled(if: TestPostgres.isInstalled)) struct MessagesWebhooksTests {
    private static let body =
        #"{"url":"https://hooks.example.com/x","events":["opened","delivered"],"description":"Mine"}"#

    @Test func `a webhook is made, found, changed and deleted, and is one of the tenant's`() async throws {
        let caller = try await KeyCaller.make()
        let made = try await caller.call("POST", "/webhooks", Self.body)
        #expect(made.status == 201, "\(made.body)")
        #expect(made.headers["cache-control"] == "no-store")
        #expect(made.data["secret"].text?.hasPrefix("whsec_") == true)
        #expect(made.data["status"] == "active")
        #expect(made.data["events"] == ["delivered", "opened"])
        let id = try #require(made.data["id"].text)
        let found = try await caller.call("GET", "/webhooks/\(id)")
        #expect(found.status == 200 && !found.data.names.contains("secret"))
        let list = try await caller.call("GET", "/webhooks")
        #expect(list.data == [found.data])
        #expect(
            list.body["meta"] == ["count": 1, "total": 1, "limit": 50, "offset": 0, "has_more": false])

        let changed = try await caller.call("PATCH", "/webhooks/\(id)", #"{"events":["bounced"]}"#)
        #expect(changed.data["events"] == ["bounced"])
        #expect(changed.data["url"] == "https://hooks.example.com/x")
        #expect(changed.data["description"] == "Mine")
        let elsewhere = try await caller.asOwner("GET", "/webhooks")
        #expect(elsewhere.data[0]["id"].text == id)
        #expect(elsewhere.data[0]["events"] == ["bounced"])

        let stranger = try await KeyCaller.make()
        for method in ["GET", "PATCH", "DELETE"] {
            let body = method == "PATCH" ? "{}" : nil
            #expect(try await stranger.call(method, "/webhooks/\(id)", body).status == 404)
        }
        let deleted = try await caller.call("DELETE", "/webhooks/\(id)")
        #expect(deleted.data == ["id": .string(id), "deleted": true])
        #expect(try await caller.call("GET", "/webhooks/\(id)").status == 404)
    }

    @Test func `one that its endpoint switched off comes back when its owner says so`() async throws {
        let caller = try await KeyCaller.make()
        let id = try #require(try await caller.call("POST", "/webhooks", Self.body).data["id"].text)
        let uuid = try #require(UUID(uuidString: id))
        try await caller.api.context.pool.query(
            "UPDATE webhooks SET disabled_at = now(), disabled_reason = 'gone' WHERE id = \(uuid)",
            as: .system)
        let gone = try await caller.call("GET", "/webhooks/\(id)")
        #expect(gone.data["status"] == "disabled" && gone.data["disabled_reason"] == "gone")
        let still = try await caller.call("PATCH", "/webhooks/\(id)", #"{"status":"disabled"}"#)
        #expect(still.data["disabled_reason"] == "gone")
        let back = try await caller.call("PATCH", "/webhooks/\(id)", #"{"status":"active"}"#)
        #expect(back.data["status"] == "active" && back.data["disabled_reason"] == .null)
        let off = try await caller.call("PATCH", "/webhooks/\(id)", #"{"status":"disabled"}"#)
        #expect(off.data["disabled_reason"] == "Disabled by its owner.")
    }

    @Test func `a new secret is shown once and signs in place of the old one`() async throws {
        let caller = try await KeyCaller.make()
        let made = try await caller.call("POST", "/webhooks", Self.body)
        let id = try #require(made.data["id"].text)
        let turned = try await caller.call("POST", "/webhooks/\(id)/rotate-secret")
        let secret = try #require(turned.data["secret"].text)
        #expect(turned.status == 200 && secret != made.data["secret"].text)
        let (tenant, uuid) = (
            try #require(TenantID(text: caller.tenant.id)), try #require(UUID(uuidString: id))
        )
        let rows = try await caller.api.context.pool.query(
            "SELECT secret_sealed FROM webhooks WHERE id = \(uuid)", as: .system)
        let opened = try caller.api.context.masterSeal.open(
            try #require(rows.first)["secret_sealed", as: [UInt8].self],
            context: TenantRecord.Webhook.sealContext(tenant: tenant, webhook: uuid))
        #expect(String(decoding: opened, as: UTF8.self) == secret)
        let audit = try await caller.asOwner("GET", "/audit?record=\(id)")
        #expect(
            audit.data.elements.map { $0["action"].text } == ["webhook.secret_changed", "webhook.created"])
        #expect(!String(decoding: try audit.body.encoded(), as: UTF8.self).contains("whsec_"))
    }

    @Test(arguments: [
        (#"{"url":"https://h.example/","events":["delivered","inbound"]}"#, "events[1]", "not offered"),
        (#"{"url":"https://h.example/","events":["exploded"]}"#, "events[0]", "must be one of"),
        (#"{"url":"http://10.0.0.1/","events":["delivered"]}"#, "url", "may not be reached"),
        (#"{"url":"https://h.example/","events":["delivered"],"secret":"short"}"#, "secret", "bytes"),
    ])
    func `a bad webhook is refused by field`(_ body: String, _ field: String, _ why: String) async throws {
        let caller = try await KeyCaller.make()
        let answer = try await caller.call("POST", "/webhooks", body)
        #expect(answer.status == 400 && answer.field == field, "\(answer.body)")
        #expect(answer.body["error"]["message"].text?.contains(why) == true)
        #expect(answer.code == "invalid_field")
        #expect(try await caller.call("GET", "/webhooks").body["meta"]["total"] == 0)
    }

    @Test func `a key does what its scopes say, and a user has no tenant here`() async throws {
        let caller = try await KeyCaller.make()
        let reader = try await caller.with(scopes: #""webhooks:read""#)
        #expect(try await reader.call("GET", "/webhooks").status == 200)
        let refused = try await reader.call("POST", "/webhooks", Self.body)
        #expect(refused.status == 403 && refused.code == "scope_missing")
        let user = try await caller.api.call("GET", "/v1/webhooks", token: caller.tenant.owner)
        #expect(user.status == 403 && user.code == "forbidden")
        #expect(try await caller.api.call("GET", "/v1/webhooks").status == 401)
    }
}
