import EventLoop
import Testing

@testable import HTTP

@Suite struct HTTPServerTests {
    private struct Item: Decodable { let name: String }

    private func router() -> Router {
        var router = Router()
        let info = RouteInfo(summary: "")
        router.on(.get, "/hello/{name}", info) { .text("hello \($0.parameter("name"))") }
        router.on(.get, "/empty", info) { _ in .empty(204) }
        router.on(.post, "/echo", info) { request in
            .bytes(
                try await request.readBody(maxBytes: 25 * 1024 * 1024),
                contentType: "application/octet-stream")
        }
        router.on(.post, "/small", info) { request in
            .text("\(try await request.readBody(maxBytes: 100).count)")
        }
        router.on(.post, "/ignore", info) { _ in .text("ignored") }
        router.on(.post, "/item", info) { .text(try await $0.decode(Item.self, maxBytes: 1000).name) }
        router.on(.get, "/slow", info) { _ in
            await EventLoop.current?.sleep(.milliseconds(50))
            return .text("slow")
        }
        return router
    }

    private let host = "Host: a\r\n"

    @Test func `a request is answered with the fields that every answer has`() async throws {
        let server = try TestServer(router())
        let connection = try await server.connect()
        try await connection.send("GET /hello/you HTTP/1.1\r\n\(host)\r\n")
        let response = try #require(try await connection.receiveResponse())
        #expect(response.status == 200)
        #expect(response.body == "hello you")
        #expect(response.headers["content-type"] == "text/plain; charset=utf-8")
        #expect(response.headers["date"]?.hasSuffix(" GMT") == true)
        #expect(response.headers["x-request-id"]?.utf8.count == 32)
        #expect(response.headers["connection"] == nil)
        #expect(response.headers["server"] == nil)
        try await connection.send("GET /empty HTTP/1.1\r\n\(host)Connection: close\r\n\r\n")
        let last = try #require(try await connection.receiveResponse())
        #expect(last.status == 204)
        #expect(last.headers["connection"] == "close")
        #expect(try await connection.receiveToEnd() == "")
    }

    @Test func `requests that are sent ahead are answered in order`() async throws {
        let server = try TestServer(router())
        let connection = try await server.connect()
        var text = ""
        for number in 0..<200 { text += "GET /hello/\(number) HTTP/1.1\r\n\(host)\r\n" }
        text += "POST /echo HTTP/1.1\r\n\(host)Content-Length: 3\r\n\r\nabc"
        text += "GET /slow HTTP/1.1\r\n\(host)\r\n" + "GET /hello/end HTTP/1.1\r\n\(host)\r\n"
        try await connection.send(text)
        for number in 0..<200 {
            #expect(try await connection.receiveResponse()?.body == "hello \(number)")
        }
        #expect(try await connection.receiveResponse()?.body == "abc")
        #expect(try await connection.receiveResponse()?.body == "slow")
        #expect(try await connection.receiveResponse()?.body == "hello end")
    }

    @Test func `an answer does not wait for the handler of the request behind it`() async throws {
        var router = router()
        let gate = Locked<UnsafeContinuation<Void, Never>?>(nil)
        router.on(.get, "/gate", RouteInfo(summary: "")) { _ in
            await withUnsafeContinuation { continuation in gate.withLock { $0 = continuation } }
            return .text("open")
        }
        let server = try TestServer(router)
        let connection = try await server.connect()
        try await connection.send("GET /hello/1 HTTP/1.1\r\n\(host)\r\nGET /gate HTTP/1.1\r\n\(host)\r\n")
        #expect(try await connection.receiveResponse()?.body == "hello 1")
        gate.withLock { $0.take() }?.resume()
        #expect(try await connection.receiveResponse()?.body == "open")
    }

    @Test func `a request that comes one byte at a time is answered like any other`() async throws {
        let server = try TestServer(router())
        let connection = try await server.connect()
        for byte in "POST /echo HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
            .utf8
        {
            try await connection.send([byte])
        }
        #expect(try await connection.receiveResponse()?.body == "abc")
    }

    @Test func `HTTP 1_0 is answered and closed`() async throws {
        let server = try TestServer(router())
        let text = try await server.exchange("GET /hello/x HTTP/1.0\r\n\r\n")
        #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(text.hasSuffix("Connection: close\r\n\r\nhello x"))
    }

    @Test func `HEAD answers like GET without the body`() async throws {
        let server = try TestServer(router())
        let text = try await server.exchange("HEAD /hello/x HTTP/1.1\r\n\(host)Connection: close\r\n\r\n")
        #expect(text.contains("Content-Length: 7\r\n"))
        #expect(text.hasSuffix("\r\n\r\n"))
    }

    @Test func `a continue is sent only when the body is read`() async throws {
        let server = try TestServer(router())
        let connection = try await server.connect()
        try await connection.send(
            "POST /echo HTTP/1.1\r\n\(host)Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        #expect(try await connection.receiveResponse()?.status == 100)
        try await connection.send("ok")
        #expect(try await connection.receiveResponse()?.body == "ok")
        try await connection.send(
            "POST /ignore HTTP/1.1\r\n\(host)Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        let refused = try #require(try await connection.receiveResponse())
        #expect(refused.status == 200)
        #expect(refused.headers["connection"] == "close")
    }

    @Test func `a large body arrives whole, one that is too large is refused before it is read`() async throws
    {
        let server = try TestServer(router())
        let connection = try await server.connect()
        let size = 20 * 1024 * 1024
        try await connection.send("POST /echo HTTP/1.1\r\n\(host)Content-Length: \(size)\r\n\r\n")
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: size)
        async let sent: Void = connection.send(body)
        let response = try #require(try await connection.receiveResponse())
        try await sent
        #expect(response.body.utf8.count == size)

        let large = try await server.connect()
        let count = 26 * 1024 * 1024
        try await large.send("POST /echo HTTP/1.1\r\n\(host)Content-Length: \(count)\r\n\r\n")
        let refused = try #require(try await large.receiveResponse())
        #expect(refused.status == 413)
        #expect(refused.headers["connection"] == "close")
        #expect(refused.body.contains(#""code":"payload_too_large""#))
        // The rest is taken and thrown away, so that a caller that sends before it reads still gets the
        // answer.
        try await large.send([UInt8](repeating: UInt8(ascii: "x"), count: count))
        #expect(try await large.receiveToEnd() == "")
    }

    @Test func `a chunked body is refused as soon as it is too large`() async throws {
        let server = try TestServer(router())
        let chunk = "50\r\n\(String(repeating: "x", count: 80))\r\n"
        let text = try await server.exchange(
            "POST /small HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\n\(chunk)\(chunk)")
        #expect(text.hasPrefix("HTTP/1.1 413 "))
    }

    @Test func `garbage between chunks is refused and the connection closed`() async throws {
        let server = try TestServer(router())
        let text = try await server.exchange(
            "POST /echo HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\nzz\r\n0\r\n\r\n"
                + "GET /hello/x HTTP/1.1\r\n\(host)\r\n")
        #expect(text.hasPrefix("HTTP/1.1 400 "))
        #expect(!text.contains("hello"))
    }

    @Test func `a body that nobody read does not become the next request`() async throws {
        let server = try TestServer(router())
        let inner = "GET /hello/smuggled HTTP/1.1\r\n\(host)\r\n"
        let text = try await server.exchange(
            "POST /ignore HTTP/1.1\r\n\(host)Content-Length: \(inner.utf8.count)\r\n\r\n\(inner)"
                + "POST /nowhere HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
                + "GET /empty HTTP/1.1\r\n\(host)Connection: close\r\n\r\n")
        #expect(!text.contains("smuggled"))
        let statuses = text.split(separator: "HTTP/1.1 ").map { $0.prefix(3) }
        #expect(statuses == ["200", "404", "204"])
    }

    @Test func `two ways to say the length close the connection after a 400`() async throws {
        let server = try TestServer(router())
        let text = try await server.exchange(
            "POST /echo HTTP/1.1\r\n\(host)Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "0\r\n\r\nGET /hello/x HTTP/1.1\r\n\(host)\r\n")
        #expect(text.hasPrefix("HTTP/1.1 400 "))
        #expect(text.contains("X-Request-ID: "))
        #expect(text.contains(#"{"error":{"#))
        #expect(!text.contains("hello"))
    }

    @Test func `too many and too long headers are refused before their end`() async throws {
        let server = try TestServer(router())
        let many = try await server.exchange("GET / HTTP/1.1\r\n" + String(repeating: "X: y\r\n", count: 200))
        #expect(many.hasPrefix("HTTP/1.1 431 "))
        let long = try await server.exchange("GET / HTTP/1.1\r\nX: " + String(repeating: "y", count: 80_000))
        #expect(long.hasPrefix("HTTP/1.1 431 "))
    }

    @Test func `a caller that is slow with its head or its body is told so and closed`() async throws {
        let server = try TestServer(router()) {
            $0.headTimeout = .milliseconds(50)
            $0.bodyTimeout = .milliseconds(50)
        }
        #expect(try await server.exchange("GET / HT").hasPrefix("HTTP/1.1 408 "))
        let text = try await server.exchange("POST /echo HTTP/1.1\r\n\(host)Content-Length: 9\r\n\r\nabc")
        #expect(text.hasPrefix("HTTP/1.1 408 "))
        #expect(text.contains("Connection: close"))
    }

    @Test func `an idle connection is closed without a word`() async throws {
        let server = try TestServer(router()) { $0.idleTimeout = .milliseconds(30) }
        #expect(try await server.exchange() == "")
    }

    @Test func `bodies together are bounded`() async throws {
        let server = try TestServer(router()) { $0.maxBufferedBodyBytesPerLoop = 1000 }
        let text = try await server.exchange(
            "POST /echo HTTP/1.1\r\n\(host)Content-Length: 5000\r\n\r\n" + String(repeating: "x", count: 2000)
        )
        #expect(text.hasPrefix("HTTP/1.1 503 "))
        #expect(text.contains("Retry-After: 1\r\n"))
        let next = try await server.exchange("POST /echo HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc")
        #expect(next.hasSuffix("abc"))
    }

    @Test func `a caller that goes away harms nobody`() async throws {
        let server = try TestServer(router())
        for text in [
            "GET /slow HTTP/1.1\r\n\(host)\r\n", "POST /echo HTTP/1.1\r\n\(host)Content-Length: 9\r\n\r\nab",
            "GE",
        ] {
            let connection = try await server.connect()
            try await connection.send(text)
            connection.close()
        }
        #expect(try await server.exchange("GET /slow HTTP/1.0\r\n\r\n").hasSuffix("slow"))
    }

    @Test func `a connection may be bounded in requests`() async throws {
        let server = try TestServer(router()) { $0.maxRequestsPerConnection = 2 }
        let request = "GET /empty HTTP/1.1\r\n\(host)\r\n"
        let text = try await server.exchange(request + request + request)
        #expect(text.split(separator: "HTTP/1.1 204").count == 2)
        #expect(text.hasSuffix("Connection: close\r\n\r\n"))
    }

    @Test func `a decoded body names the field at fault`() async throws {
        let server = try TestServer(router())
        let body = #"{"name":"x","nmae":1}"#
        let text = try await server.exchange(
            "POST /item HTTP/1.0\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        #expect(text.hasPrefix("HTTP/1.1 400 "))
        #expect(text.contains(#""field":"nmae""#))
    }

    @Test func `the log names the pattern and the sizes`() async throws {
        let records = Locked<[HTTPAccessRecord]>([])
        let server = try TestServer(router(), accessLog: { record in records.withLock { $0.append(record) } })
        _ = try await server.exchange("POST /echo HTTP/1.1\r\n\(host)Content-Length: 3\r\n\r\nabc", "x y\n")
        let found = records.withLock { $0 }
        #expect(found.map(\.routePattern) == ["/echo", nil])
        #expect(found.map(\.status) == [200, 400])
        #expect(found.first?.requestBodyBytes == 3)
        #expect(found.first?.responseBodyBytes == 3)
        #expect(found.first?.method == .post)
    }

    @Test func `stopping lets requests in flight finish and closes the idle`() async throws {
        let server = try TestServer(router())
        let idle = try await server.connect()
        try await idle.send("GET /empty HTTP/1.1\r\n\(host)\r\n")
        #expect(try await idle.receiveResponse()?.status == 204)
        let busy = try await server.connect()
        try await busy.send("GET /slow HTTP/1.1\r\n\(host)\r\n")
        // The body is read by the handler, so the request is in flight once the continue has come.
        let reading = try await server.connect()
        try await reading.send(
            "POST /echo HTTP/1.1\r\n\(host)Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        #expect(try await reading.receiveResponse()?.status == 100)
        async let stopped: Void = server.server.stop(within: .seconds(20))
        #expect(try await idle.receiveToEnd() == "")
        try await reading.send("ok")
        let last = try #require(try await reading.receiveResponse())
        #expect(last.body == "ok")
        #expect(last.headers["connection"] == "close")
        await stopped
        await #expect(throws: (any Error).self) { _ = try await server.connect() }
    }

    @Test func `stopping closes what does not finish in time`() async throws {
        let server = try TestServer(router())
        let connection = try await server.connect()
        try await connection.send(
            "POST /echo HTTP/1.1\r\n\(host)Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        #expect(try await connection.receiveResponse()?.status == 100)
        await server.server.stop(within: .milliseconds(20))
        #expect(try await connection.receiveToEnd() == "")
    }
}
