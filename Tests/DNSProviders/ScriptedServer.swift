import EventLoop
import HTTP
import HTTPClient
import TestSupport
import Testing

@testable import DNSProviders

/// A provider in the test's hands: it keeps what it is asked, and answers what the test says.
final class ScriptedServer: Sendable {
    struct Request: Sendable {
        let method: String
        /// With its query.
        let target: String
        let headers: [String: String]
        let body: String

        var path: String { String(target.prefix { $0 != "?" }) }
        var json: JSONValue { JSONValue(reading: Array(body.utf8)) }
    }

    struct Reply: Sendable {
        var status: HTTPStatus = 200
        var headers: [(String, String)] = []
        var body = ""
    }

    let calls: ProviderCalls
    private let loop: EventLoop
    private let server: HTTPServer
    private let client: HTTPClient
    private let seen = Locked<[Request]>([])
    private let slept = Locked<[Duration]>([])
    private let time = Locked(MonotonicTime(nanoseconds: 1_000_000_000_000))

    /// - Parameter answer: gets each request with its number, from 0.
    init(_ kind: ProviderKind, _ answer: @escaping @Sendable (Request, Int) -> Reply) async throws {
        let loop = try EventLoop(name: "provider")
        loop.start()
        self.loop = loop
        let (seen, slept, time) = (seen, slept, time)
        var router = Router()
        router.fallback = { request, _ in
            let body = try await request.readBody(maxBytes: 1 << 20)
            var headers: [String: String] = [:]
            for name in ["authorization", "content-type", "x-amz-date", "host"] {
                headers[name] = request.headers[name]
            }
            let captured = Request(
                method: request.method.rawValue, target: request.head.rawPathAndQuery, headers: headers,
                body: String(decoding: body, as: UTF8.self))
            let number = seen.withLock { seen in
                seen.append(captured)
                return seen.count - 1
            }
            let reply = answer(captured, number)
            var response = HTTPResponse.bytes(
                Array(reply.body.utf8), contentType: "text/plain", status: reply.status)
            for (name, value) in reply.headers { response.headers[name] = value }
            return response
        }
        server = try HTTPServer(HTTPServerConfiguration(address: .ipv4(0x7F00_0001, port: 0)), router: router)
        try server.start(on: [loop])
        let client = try await loop.run {
            try HTTPClient(on: loop, HTTPClientSettings(egressGuard: .unrestricted))
        }
        self.client = client
        let clock = ProviderClock(
            now: { time.withLock { $0 } },
            unixSeconds: { 1_800_000_000 + Int64(time.withLock { $0.nanoseconds } / 1_000_000_000) - 1000 },
            sleep: { pause in
                slept.withLock { $0.append(pause) }
                time.withLock { $0 = $0.advanced(by: pause) }
            })
        calls = ProviderCalls(session: ProviderSession(kind), clock: clock) {
            request throws(HTTPClientError) in
            do { return try await loop.run { try await client.send(request) } } catch {
                throw error as? HTTPClientError ?? .closed
            }
        }
    }

    var url: String { "http://\(server.address)" }
    var requests: [Request] { seen.withLock { $0 } }
    /// Every pause that was made, without waiting for any.
    var pauses: [Duration] { slept.withLock { $0 } }

    func stop() async {
        await server.stop(within: .seconds(1))
        let (loop, client) = (loop, client)
        _ = try? await loop.run { client.close() }
        loop.stop()
    }
}
