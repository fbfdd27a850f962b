import HTTP

extension Surface {
    /// Tenants and their settings: `{"error":{"code":"UPPER_CASE","message","field","request_id"}}`.
    package static var tenants: Surface {
        Surface(name: "tenants", prefixes: ["/api/v1/dispatch", "/api/v1/user"]) { error, requestID in
            let body = TenantError(
                error: .init(
                    code: error.code.uppercased(), message: error.message, field: error.field,
                    requestID: requestID))
            return (try? .json(body, status: error.status)) ?? .empty(error.status)
        }
    }
}

private struct TenantError: Encodable {
    struct Content: Encodable {
        let code: String
        let message: String
        let field: String?
        let requestID: String

        enum CodingKeys: String, CodingKey {
            case code, message, field
            case requestID = "request_id"
        }
    }

    let error: Content
}
