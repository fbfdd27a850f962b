/// How the end of a body is found (RFC 9112 §6.3).
package enum BodyFraming: Equatable, Sendable {
    case none
    /// `Content-Length`, in bytes, more than 0.
    case length(Int)
    case chunked
}

/// The request line and header fields of one request, kept as the bytes that came and ranges into them.
///
/// A class, so that handing it on costs one reference instead of one for each array in it.
package final class HTTPRequestHead: Sendable {
    package let method: HTTPMethod
    package let path: RequestPath
    package let headers: HTTPHeaders
    package let framing: BodyFraming
    /// HTTP/1.1; the only other version taken is 1.0.
    package let isVersion11: Bool
    /// The caller waits for `100 Continue` before it sends the body.
    package let expectsContinue: Bool
    /// The connection ends after this request: by `Connection: close`, or because it is HTTP/1.0.
    package let wantsClose: Bool
    /// `*`, which only OPTIONS may ask.
    package let isAsterisk: Bool

    let target: Range<Int>
    let queryRange: Range<Int>
    let authority: Range<Int>?

    init(
        line: RequestLine, path: RequestPath, headers: HTTPHeaders, framing: BodyFraming,
        fields: FramingReader
    ) {
        method = line.method
        isVersion11 = line.isVersion11
        isAsterisk = line.isAsterisk
        target = line.target
        queryRange = line.query
        authority = line.authority
        self.path = path
        self.headers = headers
        self.framing = framing
        expectsContinue = fields.expectsContinue && line.isVersion11
        wantsClose = fields.wantsClose || !line.isVersion11
    }

    /// The request target exactly as it was sent.
    package var rawTarget: String { String(decoding: headers.bytes[target], as: UTF8.self) }

    /// Path and query exactly as they were sent, without scheme and authority: what a relay sends on.
    package var rawPathAndQuery: String {
        guard let authority else { return rawTarget }
        let rest = String(decoding: headers.bytes[authority.upperBound..<target.upperBound], as: UTF8.self)
        return rest.hasPrefix("/") ? rest : "/" + rest
    }

    /// RFC 9112 §3.2.2: the authority of an absolute target, else the Host field.
    package var host: String? {
        if let authority { return String(decoding: headers.bytes[authority], as: UTF8.self) }
        return headers["host"]
    }

    /// The query, decoded now: keep the result when it is needed more than once.
    package var query: QueryItems { QueryItems(headers.bytes, queryRange) }
}
