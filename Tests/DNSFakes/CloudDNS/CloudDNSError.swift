import HTTP
import TestSupport

/// An error of Cloud DNS in Google's envelope.
package struct CloudDNSError: Error, Equatable, Sendable {
    package let status: Int
    package let reason: String
    package let message: String

    init(_ status: Int, _ reason: String, _ message: String) {
        self.status = status
        self.reason = reason
        self.message = message
    }

    static let unauthenticated = CloudDNSError(
        401, "authError",
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or "
            + "other valid authentication credential.")
    static let notJSON = CloudDNSError(400, "parseError", "Parse Error")
    static let failed = CloudDNSError(503, "backendError", "Backend Error")
    static func denied(_ permission: String) -> CloudDNSError {
        CloudDNSError(403, "forbidden", "The user does not have the permission '\(permission)'")
    }
    static func throttled(_ status: Int) -> CloudDNSError {
        CloudDNSError(
            status == 403 ? 403 : 429, "rateLimitExceeded",
            "Quota exceeded for quota metric 'Write limit' of service 'dns.googleapis.com'."
        )
    }
    static func noResource(_ kind: String, _ name: String) -> CloudDNSError {
        CloudDNSError(404, "notFound", "The 'parameters.\(kind)' resource named '\(name)' does not exist.")
    }
    static func parameter(_ name: String, _ value: String) -> CloudDNSError {
        CloudDNSError(400, "invalidParameter", "Invalid value for 'parameters.\(name)': '\(value)'")
    }
    static func invalid(_ path: String, _ value: String) -> CloudDNSError {
        CloudDNSError(400, "invalid", "Invalid value for '\(path)': '\(value)'")
    }
    static func required(_ path: String) -> CloudDNSError {
        CloudDNSError(400, "required", "The '\(path)' parameter is required but was missing.")
    }

    /// `{"error":{"code":…,"message":…,"errors":[{"message":…,"domain":"global","reason":…}]}}`.
    var response: HTTPResponse {
        let body: JSONValue = [
            "error": [
                "code": .integer(status), "message": .string(message),
                "errors": [
                    ["message": .string(message), "domain": "global", "reason": .string(reason)]
                ],
            ]
        ]
        return (try? HTTPResponse.json(body, status: HTTPStatus(status))) ?? .empty(500)
    }
}
