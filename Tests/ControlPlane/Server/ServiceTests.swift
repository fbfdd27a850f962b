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

    @Test func `embedded migrations are the files of the schema`() {
        #expect(Migrations.embedded.count >= 15)
        #expect(Migrations.embedded.map(\.name) == Migrations.embedded.map(\.name).sorted())
    }
}
