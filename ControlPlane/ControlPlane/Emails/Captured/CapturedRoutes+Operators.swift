import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

extension CapturedRoutes {
    func addForOperators(to router: inout Router) {
        router.operators(
            .get, "/api/v1/admin/captured", authenticator,
            RouteInfo(
                summary: "Captured mail of all tenants",
                details: "The newest first, without content; that is read, and noted, by its tenant's route.",
                tag: "Captured mail",
                parameters: PageRequest.parameters + [
                    .query("tenant_id", .uuid.described("Of this tenant alone."))
                ], responses: [.init(200, "The emails.", .page(of: CapturedItem.schema))])
        ) { try await listAll($0) }
    }

    private func listAll(_ call: CallerCall) async throws -> HTTPResponse {
        let page = try PageRequest(call.request.query)
        var tenant: SQL = "true"
        if let text = call.request.query["tenant_id"] {
            guard let id = UUID(uuidString: text) else {
                throw APIError.invalid("tenant_id", "must be a UUID")
            }
            tenant = "e.tenant_id = \(id)"
        }
        let wanted = tenant
        return try await answer(
            page,
            keys: { limit in
                """
                SELECT e.accepted_at, e.id FROM emails e
                WHERE e.mode = 'test' AND e.erased_at IS NULL AND \(wanted)
                ORDER BY 1 DESC, 2 DESC LIMIT \(SQL(unsafe: String(limit)))
                """
            }, as: .system)
    }
}
