import EventLoop

/// A request as its handler sees it: the head at once, the body when it is asked for. So a handler can refuse
/// a caller before anything of the body is received.
///
/// It belongs to the loop and to the call of its handler; after the handler has returned its body is gone.
package final class HTTPRequest {
    package let head: HTTPRequestHead
    /// Where the caller is: the other end of the connection, unless `comes(from:)` told better.
    package private(set) var remoteAddress: SocketAddress
    package let isTLS: Bool
    package let id: RequestID
    /// The pattern of the route that matched, such as `/v1/messages/{id}`; nil in a fallback.
    package var routePattern: String? { route?.pattern }

    var route: Route?
    var parameterSegments: [Int] = []
    private var received: [UInt8]?
    private var connection: HTTPConnection?

    init(_ head: HTTPRequestHead, on connection: HTTPConnection, id: RequestID) {
        self.head = head
        self.connection = connection
        self.id = id
        remoteAddress = connection.stream.remoteAddress
        isTLS = connection.stream.tls != nil
        if head.framing == .none { received = [] }
    }

    /// A request without a connection, for calling a router directly.
    ///
    /// - Throws: when method, target or headers are not those of a valid request. `Host` is added.
    package init(
        _ method: HTTPMethod, _ target: String, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = [],
        remoteAddress: SocketAddress = .ipv4(0x7F00_0001, port: 0), isTLS: Bool = false
    ) throws(HTTPParseError) {
        var lines = "\(method) \(target) HTTP/1.1\r\n"
        if !headers.contains("host") { lines += "Host: localhost\r\n" }
        for (name, value) in headers.all { lines += "\(name): \(value)\r\n" }
        var input = ByteBuffer()
        input.append((lines + "\r\n").utf8)
        var parser = HTTPRequestParser()
        guard let head = try parser.next(in: &input), input.isEmpty else {
            throw .malformed("The head is not one request.")
        }
        self.head = head
        self.remoteAddress = remoteAddress
        self.isTLS = isTLS
        id = .random()
        received = body
    }

    package var method: HTTPMethod { head.method }
    package var path: RequestPath { head.path }
    package var headers: HTTPHeaders { head.headers }
    package var query: QueryItems { head.query }
    package var authorization: Authorization { Authorization(headers) }
    /// The id as it is printed: 32 hexadecimal digits.
    package var requestID: String { id.description }

    /// The segment that the pattern's `{name}` stood for, decoded; the rest of the path for `{name...}`.
    /// Never empty, unless the pattern has no such name.
    package func parameter(_ name: String) -> String {
        guard let index = route?.parameterNames.firstIndex(of: name), index < parameterSegments.count else {
            return ""
        }
        let segment = parameterSegments[index]
        return segment < 0 ? path.joined(from: ~segment) : path[segment]
    }

    /// The media type of the body in lower case without its parameters, or nil when none is given.
    package var mediaType: String? {
        headers["content-type"].map { value in
            let type = value.utf8.prefix { $0 != ASCII.semicolon }
            return String(decoding: type.filter { $0 != ASCII.space }.map(ASCII.lowercased), as: UTF8.self)
        }
    }

    /// The whole body. Received at the first call, the same bytes at each further one.
    ///
    /// `100 Continue` is sent here and only here. When `Content-Length` says more than `maxBytes`, nothing is
    /// received and `bodyTooLarge` is thrown; the answer to it closes the connection.
    package func readBody(maxBytes: Int) async throws(HTTPError) -> [UInt8] {
        try refuseCoding()
        if let received {
            guard received.count <= maxBytes else { throw .bodyTooLarge(maxBytes: maxBytes) }
            return received
        }
        guard let connection else { throw .disconnected }
        let bytes = try await connection.readBody(of: self, maxBytes: maxBytes)
        received = bytes
        return bytes
    }

    /// The body in pieces as they arrive, each of which `take` sees once. Nothing is kept of it here: this is
    /// for bodies of which `take` keeps less, or in another shape, and it is called once.
    ///
    /// - Returns: what `take` threw. The rest of the body is received all the same, so that the caller reads
    ///   the answer.
    package func readBody<Failure: Error>(
        maxBytes: Int, _ take: (ArraySlice<UInt8>) throws(Failure) -> Void
    ) async throws(HTTPError) -> Result<Void, Failure> {
        try refuseCoding()
        if let received {
            guard received.count <= maxBytes else { throw .bodyTooLarge(maxBytes: maxBytes) }
            do throws(Failure) { return .success(try take(received[...])) } catch { return .failure(error) }
        }
        guard let connection else { throw .disconnected }
        return try await connection.readBody(of: self, maxBytes: maxBytes, take)
    }

    /// RFC 9110 §8.4: a body in a coding that is not undone would be taken for the message itself.
    private func refuseCoding() throws(HTTPError) {
        guard let coding = headers["content-encoding"] else { return }
        guard coding.isEmpty || coding.utf8.elementsEqual("identity".utf8, by: { ASCII.lowercased($0) == $1 })
        else { throw .encoded }
    }

    /// For a request that a trusted party passed on: where its caller really is.
    package func comes(from address: SocketAddress) { remoteAddress = address }

    /// Frees what was received and cuts the request off its connection.
    func finish() {
        received = nil
        connection = nil
    }
}
