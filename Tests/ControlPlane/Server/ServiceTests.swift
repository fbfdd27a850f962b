import TestSupport
import Testing

@testable import ControlPlane

@Suite(.enabled(if: TestPostgres.isInstalled)) struct ServiceTests {
    @Test func `every route is documented, and a send without a node is told to come again`() async throws {
        let control = try await ServiceFixture.make()
        let document = try await control.send("GET", "/api/v1/openapi.json")
        #expect(document.status == 200)
        #expect(document.body["paths"].names.contains("/api/v1/dispatch/tenants/{tenant_id}/emails/{log_id}"))
        let sent = try await control.send("POST", "/api/v1/messages", body: Array("{}".utf8))
        #expect(sent.status == 503)
        #expect(sent.code == "no_node_available")
        #expect(try await control.send("GET", "/nothing").status == 404)
        await control.stop()
    }

    @Test func `a send goes to a node with its credentials, once, and not to one that drains`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let sent = try await control.call("POST", "/api/v1/messages", token: "dsp_live_x", json: "{}")
        #expect(sent.status == 202)
        #expect(sent.body["body"].text == "{}")
        #expect(sent.body["key"].text == "Bearer dsp_live_x")
        #expect(sent.body["mark"].text == "127.0.0.1")
        #expect(sent.body["signer"].text == node.identity.signingKeys.first?.keyID)
        let marked = try await control.send(
            "POST", "/api/v1/messages", headers: [("X-Dispatch-Relayed", "127.0.0.1")], body: [])
        #expect(marked.status == 400)

        let path = "/api/v1/admin/nodes/\(node.number)/drain"
        #expect(try await control.call("POST", path, token: token).status == 200)
        await control.context.loop.pause(.milliseconds(1_100))
        #expect(
            try await control.call("POST", "/api/v1/messages", token: "dsp_live_x", json: "{}").status == 503)
        await node.stop()
        await control.stop()
    }

    @Test func `embedded migrations are the files of the schema`() {
        #expect(Migrations.embedded.count >= 15)
        #expect(Migrations.embedded.map(\.name) == Migrations.embedded.map(\.name).sorted())
    }
}
