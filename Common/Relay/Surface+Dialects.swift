import HTTP

/// How each dialect of the customers' API prints an error. Both planes answer every dialect, by themselves or
/// by relaying, so both print errors alike.
extension Surface {
    /// The ingestion API: `{"error":"text","code":"…"}`.
    package static let ingest = Surface(name: "ingest", prefixes: ["/api/v1/messages"]) { error, requestID in
        let body = IngestError(
            error: error.message, code: error.code, field: error.field, request_id: requestID)
        return (try? .json(body, status: error.status)) ?? .empty(error.status)
    }

    /// The tenants' API: `{"error":{"code":"UPPER_CASE","message":…,"field":…,"request_id":…}}`.
    package static let tenants = Surface(
        name: "tenants", prefixes: ["/api/v1/dispatch", "/api/v1/user"]
    ) { error, requestID in
        let content = TenantsError.Content(
            code: error.code.uppercased(), message: error.message, field: error.field, request_id: requestID)
        return (try? .json(TenantsError(error: content), status: error.status)) ?? .empty(error.status)
    }
}

extension Surface {
    /// The Messages API: `{"error":{"code":"snake_case","message":…,"field":…,"request_id":…}}`.
    package static let messages = Surface(name: "messages", prefixes: ["/v1"]) { error, requestID in
        let content = TenantsError.Content(
            code: messagesCode(error.code), message: error.message, field: error.field, request_id: requestID)
        return (try? .json(TenantsError(error: content), status: error.status)) ?? .empty(error.status)
    }

    /// A code as the Messages API spells it.
    package static func messagesCode(_ code: String) -> String {
        code == "rate_limited" ? "rate_limit_exceeded" : code
    }

    /// The emails API: `{"detail":"text","code":"snake_case"}`. Beside them what clients of Resend read.
    package static let emails = Surface(name: "emails", prefixes: ["/api/v1/emails"]) { error, requestID in
        let body = EmailsError(
            detail: error.message, code: error.code, field: error.field, request_id: requestID,
            statusCode: error.status.code, name: error.code, message: error.message)
        return (try? .json(body, status: error.status)) ?? .empty(error.status)
    }

    /// The alias of Mailgun's API: `{"message":"text"}`.
    package static let mailgun = Surface(name: "mailgun", prefixes: ["/v3"]) { error, requestID in
        let body = MailgunError(
            message: error.message, code: error.code, field: error.field, request_id: requestID)
        return (try? .json(body, status: error.status)) ?? .empty(error.status)
    }
}

private struct EmailsError: Encodable {
    let detail: String
    let code: String
    let field: String?
    let request_id: String
    let statusCode: Int
    let name: String
    let message: String
}

private struct MailgunError: Encodable {
    let message: String
    let code: String
    let field: String?
    let request_id: String
}

private struct IngestError: Encodable {
    let error: String
    let code: String
    let field: String?
    let request_id: String
}

private struct TenantsError: Encodable {
    struct Content: Encodable {
        let code: String
        let message: String
        let field: String?
        let request_id: String
    }

    let error: Content
}
