import Crypto
import EventLoop
import FoundationEssentials
import HTTPClient
import NodeProtocol
import TestSupport

/// Calls an HTTP API as a customer does. Any task may call.
struct APICaller: Sendable {
    struct Answer: Sendable {
        let status: Int
        let headers: [(name: String, value: String)]
        let body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
        /// Null when the body is no JSON.
        var json: JSONValue { JSONValue(reading: body) }
    }

    let baseURL: String
    var headers: [(name: String, value: String)] = []
    private let client: LoopBound<HTTPClient>

    init(_ baseURL: String, token: String? = nil) async throws {
        self.baseURL = baseURL
        let loop = try TestLoops.clients()
        client = try await loop.run {
            var settings = HTTPClientSettings(egressGuard: .unrestricted)
            settings.maxConnectionsPerHost = 64
            return LoopBound(try HTTPClient(on: loop, settings), on: loop)
        }
        if let token { headers = [("Authorization", "Bearer \(token)")] }
    }

    /// The same connections with another token, or none.
    func with(token: String?) -> APICaller {
        var caller = self
        caller.headers = token.map { [("Authorization", "Bearer \($0)")] } ?? []
        return caller
    }

    func with(username: String, password: String) -> APICaller {
        var caller = self
        caller.headers = [("Authorization", "Basic \(Base64.encode(Array("\(username):\(password)".utf8)))")]
        return caller
    }

    func get(_ path: String) async throws -> Answer { try await send("GET", path) }

    func post(_ path: String, _ body: JSONValue = [:]) async throws -> Answer {
        try await send("POST", path, body)
    }

    func send(
        _ method: String, _ path: String, _ body: JSONValue? = nil,
        headers more: [(name: String, value: String)] = [], seconds: Int = 20
    ) async throws -> Answer {
        try await send(
            method, path, bytes: try body.map { Array(try JSONEncoder.sorted.encode($0)) }, headers: more,
            seconds: seconds)
    }

    /// Sends a body as it is.
    ///
    /// - Parameter seconds: after which no answer is a failure.
    func send(
        _ method: String, _ path: String, bytes: [UInt8]?, contentType: String = "application/json",
        headers more: [(name: String, value: String)] = [], seconds: Int = 20
    ) async throws -> Answer {
        var request = HTTPClientRequest(method, baseURL + path, headers: headers + more)
        if let bytes {
            request.body = bytes
            request.headers.append(("Content-Type", contentType))
        }
        request.maxResponseBytes = 8 << 20
        request.totalTimeout = .seconds(seconds)
        let response = try await client.loop.run { [client, request] in try await client.value.send(request) }
        return Answer(status: response.status, headers: response.headers, body: response.body)
    }

    /// Calls and demands a 2xx.
    @discardableResult
    func must(_ method: String, _ path: String, _ body: JSONValue? = nil) async throws -> JSONValue {
        let answer = try await send(method, path, body)
        guard (200..<300).contains(answer.status) else {
            throw TestSupportError("\(method) \(path): \(answer.status) \(answer.text)")
        }
        return answer.json
    }
}
