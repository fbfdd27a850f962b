/// An error that may be shown to the caller as it is. Every other error becomes 500 `internal_error` without
/// detail.
///
/// Inside, codes are stable words in `snake_case`; each surface prints the error in its own shape and may
/// respell the code.
package struct APIError: Error, Sendable {
    /// One of several places that an error speaks of.
    package struct Detail: Encodable, Sendable, Equatable {
        /// The field's path, such as `attachments[0].content`.
        package let path: String
        package let message: String

        package init(path: String, message: String) {
            self.path = path
            self.message = message
        }
    }

    package var status: HTTPStatus
    /// Stable, for programs.
    package var code: String
    /// A plain sentence, for people.
    package var message: String
    /// The path of the field at fault, when there is one.
    package var field: String?
    /// Sent as `Retry-After`.
    package var retryAfterSeconds: Int?
    /// Sent with the error, such as `WWW-Authenticate` or `Allow`.
    package var headers: HTTPHeaders
    /// Every place at fault when there is more than one.
    package var details: [Detail]

    package init(
        _ status: HTTPStatus, _ code: String, _ message: String, field: String? = nil,
        retryAfterSeconds: Int? = nil, headers: HTTPHeaders = [:], details: [Detail] = []
    ) {
        self.status = status
        self.code = code
        self.message = message
        self.field = field
        self.retryAfterSeconds = retryAfterSeconds
        self.headers = headers
        self.details = details
    }

    package static var notFound: APIError { APIError(404, "not_found", "There is nothing at this path.") }

    package static var internalError: APIError {
        APIError(
            500, "internal_error", "Something went wrong on our side. The request id helps us to find it.")
    }

    package static func methodNotAllowed(_ allowed: [HTTPMethod]) -> APIError {
        let list = allowed.map(\.rawValue).joined(separator: ", ")
        return APIError(
            405, "method_not_allowed", "This path answers \(list).", headers: ["Allow": list])
    }
}
