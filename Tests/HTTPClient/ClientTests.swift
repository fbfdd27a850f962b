import EventLoop
import TestSupport
import Testing

@testable import HTTPClient

/// The client against servers that the test plays, on another loop.
@Suite struct ClientTests {
    private let loop: EventLoop
    private let serverLoop: EventLoop

    init() throws {
        loop = try EventLoop(name: "client")
        serverLoop = try EventLoop(name: "server")
        loop.start()
        serverLoop.start()
    }

    private var openSettings: HTTPClientSettings {
        get throws {
            HTTPClientSettings(
                egressGuard: EgressGuard(allowing: [try #require(AddressRange("127.0.0.0/8"))]))
        }
    }

    /// Runs `body` with a client that may connect to loopback.
    private func withClient<T: Sendable>(
        _ settings: HTTPClientSettings? = nil, _ body: @escaping @Sendable (HTTPClient) async throws -> T
    ) async throws -> T {
        let settings = try settings ?? openSettings
        return try await loop.run { [loop] in
            let client = try HTTPClient(on: loop, settings)
            defer { client.close() }
            return try await body(client)
        }
    }

    @Test func `the request goes out as given, with Host first and nothing that was not asked for`()
        async throws
    {
        let server = try Responder(on: serverLoop) { _ in
            [Responder.ok("fine", "X-Answer:  yes \r\nX-Folded: a\r\n\t b: c\r\n")]
        }
        let url = server.url
        let response = try await withClient { client in
            var request = HTTPClientRequest("POST", url + "/hook?a=1", body: Array("{}".utf8))
            request.headers = [
                ("content-type", "application/json"), ("Webhook-ID", "msg_1"), ("X-Empty", ""),
            ]
            return try await client.send(request)
        }
        #expect(response.status == 200 && response.body == Array("fine".utf8) && !response.isTruncated)
        #expect(response.header("x-answer") == "yes" && response.header("X-FOLDED") == "a b: c")
        #expect(response.peerIP == "127.0.0.1" && response.timings.totalMilliseconds > 0)
        let request = try #require(server.requests.withLock { $0.first })
        #expect(request.body == Array("{}".utf8))
        let expected = """
            POST /hook?a=1 HTTP/1.1\r
            Host: 127.0.0.1:\(server.port)\r
            Accept: */*\r
            content-type: application/json\r
            Webhook-ID: msg_1\r
            X-Empty:\r
            Content-Length: 2\r
            \r

            """
        #expect(request.head == expected)
    }

    @Test(arguments: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "REPORT"])
    func `every method is sent with and without a body`(method: String) async throws {
        let server = try Responder(on: serverLoop) { request in
            [.write("HTTP/1.1 204 No Content\r\n\r\n")]
        }
        let url = server.url
        try await withClient { client in
            let plain = try await client.send(HTTPClientRequest(method, url))
            let withBody = try await client.send(HTTPClientRequest(method, url, body: Array("abc".utf8)))
            let empty = try await client.send(HTTPClientRequest(method, url, body: []))
            #expect([plain.status, withBody.status, empty.status] == [204, 204, 204])
        }
        let requests = server.requests.withLock { $0 }
        #expect(requests.count == 3 && requests.allSatisfy { $0.head.hasPrefix("\(method) / HTTP/1.1\r\n") })
        #expect(!requests.contains { $0.head.lowercased().contains("content-type") })
        if method != "HEAD" {
            #expect(requests[1].body == Array("abc".utf8))
            #expect(requests[2].head.contains("Content-Length: 0\r\n"))
        }
    }

    @Test func `a large body is sent without waiting for a 100`() async throws {
        let server = try Responder(on: serverLoop) { [Responder.ok("\($0.body.count)")] }
        let url = server.url
        let response = try await withClient { client in
            let body = [UInt8](repeating: 0x61, count: 3_000_000)
            return try await client.send(
                HTTPClientRequest("POST", url, headers: [("Expect", "x")], body: body))
        }
        #expect(response.body == Array("3000000".utf8))
        #expect(server.requests.withLock { $0.first?.head.lowercased().contains("expect") } == false)
    }

    @Test func `connections are used again, and a dead one is replaced`() async throws {
        let server = try Responder(on: serverLoop) { request in
            request.target == "/last"
                ? [Responder.ok("bye"), .close] : [Responder.ok("\(request.connection)")]
        }
        let url = server.url
        let reused = try await withClient { client in
            var reused: [Bool] = []
            for target in ["/1", "/2", "/last", "/3"] {
                reused.append(
                    try await client.send(HTTPClientRequest("POST", url + target, body: [1])).isReused)
            }
            return reused
        }
        #expect(reused == [false, true, true, false])
        #expect(server.connections.withLock { $0 } == 2)
    }

    @Test func `a host gets no more connections than its limit`() async throws {
        let server = try Responder(on: serverLoop) { _ in [.wait(.milliseconds(5)), Responder.ok("x")] }
        let url = server.url
        var settings = try openSettings
        settings.maxConnectionsPerHost = 3
        let finished = try await withClient(settings) { [loop] client in
            let finished = Locked(0)
            let tasks = (0..<20).map { _ in
                loop.spawn {
                    if (try? await client.send(HTTPClientRequest("GET", url))) != nil {
                        finished.withLock { $0 += 1 }
                    }
                }
            }
            for task in tasks { await task.value }
            return finished.withLock { $0 }
        }
        #expect(finished == 20)
        #expect(server.connections.withLock { $0 } <= 3)
    }

    @Test func `chunked bodies, interim responses and endings by close are read`() async throws {
        let server = try Responder(on: serverLoop) { request in
            switch request.target {
            case "/chunked":
                [
                    .write(
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                            + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
                ]
            case "/interim":
                [.write("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"), Responder.ok("later")]
            default: [.write("HTTP/1.0 500 Oops\r\n\r\nuntil the end"), .close]
            }
        }
        let url = server.url
        try await withClient { client in
            let chunked = try await client.send(HTTPClientRequest("GET", url + "/chunked"))
            #expect(chunked.body == Array("abcde".utf8))
            let interim = try await client.send(HTTPClientRequest("GET", url + "/interim"))
            #expect(
                interim.status == 200 && interim.header("Link") == nil && interim.body == Array("later".utf8))
            let closing = try await client.send(HTTPClientRequest("GET", url + "/close"))
            #expect(closing.status == 500 && closing.body == Array("until the end".utf8))
        }
    }

    @Test func `an endless body is cut at the limit, and one that just fits is whole`() async throws {
        let server = try Responder(on: serverLoop) { request in
            request.target == "/fits"
                ? [Responder.ok(String(repeating: "y", count: 65_536))]
                : [.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"), .endless]
        }
        let url = server.url
        try await withClient { client in
            let endless = try await client.send(HTTPClientRequest("GET", url + "/endless"))
            #expect(endless.isTruncated && endless.body.count == 65_536 && endless.status == 200)
            let fits = try await client.send(HTTPClientRequest("GET", url + "/fits"))
            #expect(!fits.isTruncated && fits.body.count == 65_536)
            var small = HTTPClientRequest("GET", url + "/fits")
            small.maxResponseBytes = 0
            let none = try await client.send(small)
            #expect(none.isTruncated && none.body.isEmpty)
        }
    }

    @Test func `headers beyond the limit are too large`() async throws {
        let server = try Responder(on: serverLoop) { _ in
            [Responder.ok("x", "X-Long: \(String(repeating: "a", count: 70_000))\r\n")]
        }
        let url = server.url
        _ = try await withClient { client in
            await #expect(throws: HTTPClientError.tooLarge) {
                try await client.send(HTTPClientRequest("GET", url))
            }
        }
    }

    @Test func `a redirect is a response, unless following was asked for`() async throws {
        let server = try Responder(on: serverLoop) { request in
            request.target == "/"
                ? [.write("HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n")]
                : [Responder.ok("there")]
        }
        let url = server.url
        try await withClient { client in
            let stays = try await client.send(HTTPClientRequest("GET", url))
            #expect(stays.status == 302 && stays.header("location") == "/next")
            var request = HTTPClientRequest("GET", url)
            request.maxRedirects = 1
            let follows = try await client.send(request)
            #expect(
                follows.status == 200 && follows.body == Array("there".utf8)
                    && follows.header("location") == nil)
        }
    }

    @Test func `each way to fail has its name`() async throws {
        let server = try Responder(on: serverLoop) { request in
            switch request.target {
            case "/silent": [.wait(.seconds(2)), .close]
            case "/nothing": [.close]
            case "/part": [.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"), .close]
            default: [.write("220 mail.example.test ESMTP\r\n"), .close]
            }
        }
        let url = server.url
        let gone = try Listener(.ipv4(0x7F00_0001, port: 0))
        let closedPort = gone.address.port
        gone.close()
        try await withClient { client in
            var silent = HTTPClientRequest("GET", url + "/silent")
            silent.totalTimeout = .milliseconds(50)
            let cases: [(HTTPClientRequest, HTTPClientError)] = [
                (silent, .timedOut),
                (HTTPClientRequest("GET", url + "/nothing"), .closed),
                (HTTPClientRequest("GET", url + "/part"), .closed),
                (HTTPClientRequest("GET", "http://127.0.0.1:\(closedPort)"), .connect),
                (HTTPClientRequest("GET", "http://name.invalid/"), .resolve),
                (HTTPClientRequest("GE T", url), .invalidRequest("method")),
                (HTTPClientRequest("GET", url, headers: [("a\nb", "c")]), .invalidRequest("header name")),
                (
                    HTTPClientRequest("GET", url, headers: [("a", "b\r\nc: d")]),
                    .invalidRequest("value of header a")
                ),
            ]
            for (request, expected) in cases {
                _ = await #expect(throws: expected) { try await client.send(request) }
            }
            let noHTTP = await #expect(throws: HTTPClientError.self) {
                try await client.send(HTTPClientRequest("GET", url + "/mail"))
            }
            guard case .other = noHTTP else {
                Issue.record("\(String(describing: noHTTP))")
                return
            }
        }
    }

    @Test func `no connection in time is told apart from no answer in time`() async throws {
        let hole = try Listener(.ipv4(0x7F00_0001, port: 0), backlog: 0)
        let address = hole.address
        try await withClient { client in
            // The queue is full with these, and further SYNs are dropped.
            var waiting: [ByteStream] = []
            for _ in 1...3 {
                if let stream = try? await ByteStream.connect(to: address, timeout: .milliseconds(100)) {
                    waiting.append(stream)
                }
            }
            var request = HTTPClientRequest("POST", "http://\(address)/", body: [1])
            request.connectTimeout = .milliseconds(200)
            await #expect(throws: HTTPClientError.connectTimedOut) { try await client.send(request) }
            #expect(HTTPClientError.connectTimedOut.isBeforeSending)
            #expect(!HTTPClientError.timedOut.isBeforeSending)
            for stream in waiting { stream.close() }
        }
        hole.close()
    }

    @Test func `closing ends what is open, and a closed client sends nothing`() async throws {
        let server = try Responder(on: serverLoop) { _ in [.wait(.seconds(2))] }
        let url = server.url
        let settings = try openSettings
        let results = try await loop.run { [loop] in
            let client = try HTTPClient(on: loop, settings)
            let results = Locked<[HTTPClientError]>([])
            let tasks = (0..<5).map { _ in
                loop.spawn {
                    do throws(HTTPClientError) {
                        _ = try await client.send(HTTPClientRequest("GET", url))
                    } catch {
                        results.withLock { $0.append(error) }
                    }
                }
            }
            while server.requests.withLock({ $0.count }) < 5 { await loop.sleep(.milliseconds(2)) }
            #expect(client.openTransfers == 5)
            client.close()
            for task in tasks { await task.value }
            #expect(client.openTransfers == 0)
            await #expect(throws: HTTPClientError.closed) {
                try await client.send(HTTPClientRequest("GET", url))
            }
            return results.withLock { $0 }
        }
        #expect(results == [HTTPClientError](repeating: .closed, count: 5))
    }

    @Test func `requests beyond the limit are refused at once`() async throws {
        var settings = try openSettings
        settings.maxTransfers = 0
        _ = try await withClient(settings) { client in
            await #expect(throws: HTTPClientError.busy) {
                try await client.send(HTTPClientRequest("GET", "http://127.0.0.1:1/"))
            }
        }
    }

    @Test func `names go to the addresses that the request brings, and the next request does not see them`()
        async throws
    {
        let server = try Responder(on: serverLoop) { _ in
            [Responder.ok("x", "Connection: close\r\n"), .close]
        }
        let port = server.port
        try await withClient { client in
            let url = "http://hooks.invalid:\(port)/"
            var pinned = HTTPClientRequest("GET", url)
            pinned.resolve = [("hooks.invalid", port, "127.0.0.1")]
            let response = try await client.send(pinned)
            #expect(response.status == 200)
            await #expect(throws: HTTPClientError.resolve) {
                try await client.send(HTTPClientRequest("GET", url))
            }
        }
        #expect(
            server.requests.withLock { $0.first?.head.contains("Host: hooks.invalid:\(port)\r\n") } == true)
    }

    @Test func `user information becomes Basic authorization where it is allowed`() async throws {
        let server = try Responder(on: serverLoop) { _ in [Responder.ok("x")] }
        let url = "http://user:p%40ss@127.0.0.1:\(server.port)/"
        try await withClient { client in
            let refused = await #expect(throws: HTTPClientError.self) {
                try await client.send(HTTPClientRequest("GET", url))
            }
            guard case .invalidURL = refused else {
                Issue.record("\(String(describing: refused))")
                return
            }
            var request = HTTPClientRequest("GET", url)
            request.allowsUserInfo = true
            _ = try await client.send(request)
        }
        #expect(
            server.requests.withLock { $0.map { $0.head.contains("Authorization: Basic dXNlcjpwQHNz\r\n") } }
                == [true])
    }

    @Test func `thousands of requests leave nothing behind`() async throws {
        let server = try Responder(on: serverLoop) { [Responder.ok($0.target)] }
        let url = server.url
        try await withClient { [loop] client in
            func round(_ count: Int) async -> Int {
                let good = Locked(0)
                let tasks = (0..<16).map { worker in
                    loop.spawn {
                        for number in 0..<count / 16 {
                            let target = "/\(worker)/\(number)"
                            let response = try? await client.send(
                                HTTPClientRequest("POST", url + target, body: [1, 2]))
                            if response?.body == Array(target.utf8) { good.withLock { $0 += 1 } }
                        }
                    }
                }
                for task in tasks { await task.value }
                return good.withLock { $0 }
            }
            #expect(await round(800) == 800)
            #expect(await round(4_000) == 4_000)
            #expect(client.openTransfers == 0)
        }
        // The client is closed now: the server sees every connection end.
        let connections = server.connections.withLock { $0 }
        #expect(connections <= 16)
        try await Waiting.until("the end of the connections") {
            server.ended.withLock { $0 == connections ? true : nil }
        }
    }
}
