/// A status code (RFC 9110 §15) with the reason phrase that is printed behind it.
package struct HTTPStatus: Hashable, Sendable, ExpressibleByIntegerLiteral, CustomStringConvertible {
    /// 200 to 599; what lies outside becomes 500, since a response cannot be anything else.
    package let code: Int

    package init(_ code: Int) { self.code = (200...599).contains(code) ? code : 500 }

    package init(integerLiteral code: Int) { self.init(code) }

    package var description: String { String(code) }

    /// RFC 9110 §6.4.1: 204 and 304 have neither a body nor its length.
    var allowsBody: Bool { code != 204 && code != 304 }

    /// `HTTP/1.1 200 OK` with its CRLF.
    var line: [UInt8] { Self.lines[code - 200] }

    private static let lines: [[UInt8]] = (200...599).map { code in
        Array("HTTP/1.1 \(code) \(HTTPStatus(code).reason)\r\n".utf8)
    }

    /// The phrase of the registry, or an empty one.
    var reason: String {
        switch code {
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 207: "Multi-Status"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 303: "See Other"
        case 304: "Not Modified"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 402: "Payment Required"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 411: "Length Required"
        case 412: "Precondition Failed"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 421: "Misdirected Request"
        case 422: "Unprocessable Content"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        case 507: "Insufficient Storage"
        default: ""
        }
    }
}
