import HTTP

extension Surface {
    /// The tenants' API: `{"error":{"code":"UPPER_CASE","message":…,"field":…,"request_id":…}}`.
    package static let tenants = Surface(
        name: "tenants", prefixes: ["/api/v1/dispatch", "/api/v1/user"]
    ) { error, requestID in
        struct Body: Encodable {
            struct Content: Encodable {
                let code: String
                let message: String
                let field: String?
                let request_id: String
            }
            let error: Content
        }
        let body = Body(
            error: .init(
                code: error.code.uppercased(), message: error.message, field: error.field,
                request_id: requestID))
        return (try? .json(body, status: error.status)) ?? .empty(error.status)
    }
}
