import FoundationEssentials
import NodeProtocol
import Testing

@testable import ControlPlane

@Suite struct WebhooksTests {
    @Test func `a webhook is registered with a secret that is shown once and kept sealed`() async throws {
        let api = try await APIFixture.shared.value
        let made = try await api.tenant()
        let created = try await api.call(
            "POST", made.path + "/webhooks", token: made.owner,
            json: #"{"url":"https://hooks.example.com/x?y=1","events":["delivered","bounced"]}"#)
        #expect(created.status == 201)
        let secret = try #require(created.data["secret"].text)
        #expect(secret.hasPrefix("whsec_"))
        let list = try await api.call("GET", made.path + "/webhooks", token: made.owner)
        #expect(list.data[0]["secret"] == .null)
        let id = try #require(created.data["id"].text)
        let (tenant, uuid) = (try #require(TenantID(text: made.id)), try #require(UUID(uuidString: id)))
        let rows = try await api.context.pool.query(
            "SELECT secret_sealed FROM webhooks WHERE id = \(uuid)", as: .system)
        let sealed = try #require(rows.first)["secret_sealed", as: [UInt8].self]
        let opened = try api.context.masterSeal.open(
            sealed, context: TenantRecord.Webhook.sealContext(tenant: tenant, webhook: uuid))
        #expect(String(decoding: opened, as: UTF8.self) == secret)
        #expect(try await api.call("DELETE", made.path + "/webhooks/\(id)", token: made.owner).status == 200)
        #expect(try await api.call("DELETE", made.path + "/webhooks/\(id)", token: made.owner).status == 404)
    }

    @Test func `a secret of the caller's is taken and not repeated`() async throws {
        let api = try await APIFixture.shared.value
        let made = try await api.tenant()
        let created = try await api.call(
            "POST", made.path + "/webhooks", token: made.owner,
            json: #"{"url":"https://h.example/","events":["sent"],"secret":"your-webhook-secret"}"#)
        #expect(created.status == 201)
        #expect(created.data["secret"] == .null)
    }

    @Test(arguments: [
        (#"{"url":"ftp://h.example/","events":["sent"]}"#, "url"),
        (#"{"url":"http://127.0.0.1/","events":["sent"]}"#, "url"),
        (#"{"url":"http://0x7f000001/","events":["sent"]}"#, "url"),
        (#"{"url":"http://[::ffff:10.0.0.1]/","events":["sent"]}"#, "url"),
        (#"{"url":"https://u:p@h.example/","events":["sent"]}"#, "url"),
        (#"{"url":"https://h.example/","events":[]}"#, "events"),
        (#"{"url":"https://h.example/","events":["sent","exploded"]}"#, "events[1]"),
        (#"{"url":"https://h.example/","events":["sent"],"secret":"whsec_!!"}"#, "secret"),
    ])
    func `a bad webhook is refused by field`(_ body: String, _ field: String) async throws {
        let api = try await APIFixture.shared.value
        let made = try await api.tenant()
        let answer = try await api.call("POST", made.path + "/webhooks", token: made.owner, json: body)
        #expect(answer.status == 400)
        #expect(answer.field == field)
    }
}
