import FoundationEssentials

/// An answer: status, fields and the whole body. The server adds `Date`, `X-Request-ID`, `Content-Length` and
/// `Connection`; such fields set here are dropped.
package struct HTTPResponse: Sendable {
    package var status: HTTPStatus
    package var headers: HTTPHeaders
    package var body: [UInt8]

    package init(status: HTTPStatus, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// No body and no type.
    package static func empty(_ status: HTTPStatus = 204, headers: HTTPHeaders = HTTPHeaders())
        -> HTTPResponse
    {
        HTTPResponse(status: status, headers: headers)
    }

    /// `text/plain` in UTF-8.
    package static func text(_ text: String, status: HTTPStatus = 200) -> HTTPResponse {
        .bytes(Array(text.utf8), contentType: "text/plain; charset=utf-8", status: status)
    }

    /// Bytes of any type.
    package static func bytes(
        _ body: [UInt8], contentType: String, status: HTTPStatus = 200
    ) -> HTTPResponse {
        HTTPResponse(status: status, headers: ["Content-Type": contentType], body: body)
    }

    /// JSON: dates as RFC 3339 in UTC with seconds, slashes as they are, keys as the type spells them.
    ///
    /// - Throws: what the value's `encode(to:)` throws; a number that is not finite.
    package static func json(_ value: some Encodable, status: HTTPStatus = 200) throws -> HTTPResponse {
        .bytes(try JSON.encode(value), contentType: "application/json", status: status)
    }

    /// The same answer with this field in place of any of its name.
    package func header(_ name: String, _ value: String) -> HTTPResponse {
        var copy = self
        copy.headers[name] = value
        return copy
    }

    /// The same answer with this field in place of any of its name; a number such as those of rate limits.
    package func header(_ name: String, _ value: Int) -> HTTPResponse { header(name, String(value)) }
}
