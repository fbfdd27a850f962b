import EventLoop
import TestSupport
import Testing

@testable import HTTP

/// A live server under mutated and overlong traffic: every connection ends, and the next caller is served.
@Suite struct HTTPServerFuzzTests {
    private func server(isHasty: Bool) throws -> TestServer {
        var router = Router()
        let info = RouteInfo(summary: "")
        router.on(.post, "/echo", info) { request in
            .bytes(try await request.readBody(maxBytes: 1000), contentType: "application/octet-stream")
        }
        router.on(.post, "/form", info) { .text("\(try await $0.form(maxBytes: 1000).fields.count)") }
        router.on(.get, "/", info) { _ in .text("alive") }
        return try TestServer(router) {
            guard isHasty else { return }
            $0.lingerTimeout = .milliseconds(2)
            $0.headTimeout = .milliseconds(20)
            $0.bodyTimeout = .milliseconds(20)
            $0.idleTimeout = .milliseconds(20)
        }
    }

    @Test func `a server outlives mutated requests`() async throws {
        let seed: UInt64 = .random(in: 0 ... .max)
        print("server fuzz seed \(seed)")
        var random = SeededRandom(seed: seed)
        let server = try server(isHasty: true)
        let start = Array(
            ("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
                + "POST /form HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                + "Content-Length: 7\r\n\r\na=1&b=2GET / HTTP/1.1\r\nHost: a\r\n\r\n").utf8)
        for _ in 0..<200 {
            var bytes = start
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                if Bool.random(using: &random) {
                    bytes[place] = UInt8.random(in: 0...255, using: &random)
                } else {
                    bytes.insert(contentsOf: bytes[..<place].suffix(5), at: place)
                }
            }
            let connection = try await server.connect()
            try? await connection.send(bytes)
            let text = try await connection.receiveToEnd()
            #expect(text.isEmpty || text.hasPrefix("HTTP/1.1 "), "seed \(seed)")
        }
        // It gives a head 20 ms, which may be too few for a caller on a busy machine.
        var isAlive = false
        for _ in 0..<100 where !isAlive {
            isAlive = (try? await server.exchange("GET / HTTP/1.0\r\n\r\n"))?.hasSuffix("alive") ?? false
        }
        #expect(isAlive, "seed \(seed)")
        #expect(server.server.openConnectionCount <= 1)
    }

    @Test func `one caller that never pauses does not keep others from being served`() async throws {
        let server = try server(isHasty: false)
        let greedy = try await server.connect()
        let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        let last = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        let many = Array((String(repeating: request, count: 19_999) + last).utf8)
        async let sent: Void = greedy.send(many)
        async let received = greedy.receiveToEnd()
        #expect(try await server.exchange("GET / HTTP/1.0\r\n\r\n").hasSuffix("alive"))
        try await sent
        #expect(try await received.split(separator: "HTTP/1.1 200 OK").count == 20_000)
    }
}
