import HTTP

extension Surface {
    /// The ingestion API: errors are `{"error":"text","code":"…"}`.
    package static let ingest = Surface(name: "ingest", prefixes: ["/api/v1/messages"]) { error, requestID in
        struct Body: Encodable {
            let error: String
            let code: String
            let field: String?
            let request_id: String
        }
        let body = Body(error: error.message, code: error.code, field: error.field, request_id: requestID)
        return (try? .json(body, status: error.status)) ?? .empty(error.status)
    }
}
