import EventLoop
import Testing

@testable import HTTPClient

/// What the client refuses to connect to, whichever way it is named.
@Suite struct EgressTests {
    private let loop: EventLoop
    private let serverLoop: EventLoop

    init() throws {
        loop = try EventLoop(name: "client")
        serverLoop = try EventLoop(name: "server")
        loop.start()
        serverLoop.start()
    }

    @Test func `loopback is blocked under each of its names`() async throws {
        let server = try Responder(on: serverLoop) { _ in [Responder.ok("x")] }
        let port = server.port
        let hosts = [
            "127.0.0.1", "localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "[::1]", "[::]",
            "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "LOCALHOST",
        ]
        try await loop.run { [loop] in
            let client = try HTTPClient(on: loop, HTTPClientSettings())
            defer { client.close() }
            for host in hosts {
                let error = await #expect(throws: HTTPClientError.self) {
                    try await client.send(HTTPClientRequest("GET", "http://\(host):\(port)/"))
                }
                guard case .blockedAddress(let reason) = error else {
                    Issue.record("\(host): \(String(describing: error))")
                    continue
                }
                #expect(!reason.contains("127"))
            }
        }
        #expect(server.connections.withLock { $0 } == 0)
    }

    @Test func `a name that now has a private address is blocked`() async throws {
        let server = try Responder(on: serverLoop) { _ in [Responder.ok("x")] }
        let port = server.port
        try await loop.run { [loop] in
            let client = try HTTPClient(on: loop, HTTPClientSettings())
            defer { client.close() }
            var request = HTTPClientRequest("GET", "http://rebound.invalid:\(port)/")
            request.resolve = [("rebound.invalid", port, "127.0.0.1")]
            await #expect(throws: HTTPClientError.blockedAddress("loopback")) {
                try await client.send(request)
            }
        }
        #expect(server.connections.withLock { $0 } == 0)
    }

    @Test func `a redirect to a private address is blocked`() async throws {
        let inner = try Responder(on: serverLoop) { _ in [Responder.ok("secret")] }
        let target = "http://127.0.0.2:\(inner.port)/"
        let outer = try Responder(on: serverLoop) { _ in
            [.write("HTTP/1.1 302 Found\r\nLocation: \(target)\r\nContent-Length: 0\r\n\r\n")]
        }
        let url = outer.url
        let range = try #require(AddressRange("127.0.0.1:\(outer.port)"))
        try await loop.run { [loop] in
            let client = try HTTPClient(
                on: loop, HTTPClientSettings(egressGuard: EgressGuard(allowing: [range])))
            defer { client.close() }
            var request = HTTPClientRequest("GET", url)
            request.maxRedirects = 3
            await #expect(throws: HTTPClientError.blockedAddress("loopback")) {
                try await client.send(request)
            }
        }
        #expect(inner.connections.withLock { $0 } == 0)
    }

    @Test func `a connection that another request was allowed to open is judged anew`() async throws {
        let server = try Responder(on: serverLoop) { _ in [Responder.ok("x")] }
        let url = server.url
        let loopback = try #require(AddressRange("127.0.0.0/8"))
        try await loop.run { [loop] in
            let client = try HTTPClient(on: loop, HTTPClientSettings())
            defer { client.close() }
            var allowed = HTTPClientRequest("GET", url)
            allowed.egressGuard = EgressGuard(allowing: [loopback])
            _ = try await client.send(allowed)
            await #expect(throws: HTTPClientError.blockedAddress("loopback")) {
                try await client.send(HTTPClientRequest("GET", url))
            }
            let again = try await client.send(allowed)
            #expect(again.status == 200)
        }
        #expect(server.requests.withLock { $0.count } == 2)
    }

    @Test func `the environment's proxy is not asked`() async throws {
        let server = try Responder(on: serverLoop) { _ in [Responder.ok("x")] }
        let proxy = try Responder(on: serverLoop) { _ in [Responder.ok("proxy")] }
        setEnvironment("http_proxy", proxy.url)
        defer { setEnvironment("http_proxy", nil) }
        let url = server.url
        let loopback = try #require(AddressRange("127.0.0.0/8"))
        let response = try await loop.run { [loop] in
            let client = try HTTPClient(
                on: loop, HTTPClientSettings(egressGuard: EgressGuard(allowing: [loopback])))
            defer { client.close() }
            return try await client.send(HTTPClientRequest("GET", url))
        }
        #expect(response.body == Array("x".utf8))
        #expect(proxy.connections.withLock { $0 } == 0)
    }
}
