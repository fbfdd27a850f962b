import Doors
import HTTP
import Testing

/// What a node passes on to the control plane.
@Suite struct DoorRouterTests {
    private func router() throws -> Router {
        DoorRouter.make(intake: try MemoryIntake()) { _, known in .text(known() ? "known" : "unknown") }
    }

    private func ask(_ method: HTTPMethod, _ path: String, key: String? = nil) async throws -> HTTPResponse {
        let headers: HTTPHeaders = key.map { ["Authorization": "Bearer \($0)"] } ?? [:]
        return try await router().respond(to: try HTTPRequest(method, path, headers: headers))
    }

    @Test(arguments: [
        "/api/v1/admin/nodes", "/api/v1/admin", "/api/v1/%61dmin/nodes", "/api/v1/nodes/join", "/api/v1",
        "/control/v1/status", "//api/v1/plans",
    ])
    func `routes of operators and of the planes are not passed on`(path: String) async throws {
        #expect(try await ask(.post, path, key: "dsp_live_one").status == 404)
    }

    @Test func `the caller is known before the body is read, or not`() async throws {
        let path = "/api/v1/dispatch/tenants/\(MemoryIntake.one)/domains"
        #expect(try await ask(.post, path, key: "dsp_live_one").body == Array("known".utf8))
        #expect(try await ask(.post, path, key: "dsp_live_nobody").body == Array("unknown".utf8))
        #expect(try await ask(.post, "/api/v1/auth/login").body == Array("unknown".utf8))
    }
}
