import ControlPlane
import EventLoop
import FoundationEssentials
import HTTPClient

/// Why a command was not done; for the person at the terminal.
struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ text: String) { description = text }

    static func text(_ error: any Error) -> String {
        if let failure = error as? Failure { return failure.description }
        return ErrorText.of(error)
    }
}

/// Calls the API of the control plane.
struct ControlPlaneClient {
    let settings: CommandSettings
    let loop: EventLoop

    /// - Parameter body: fields; nil ones are left out.
    /// - Throws: `Failure` with the API's own sentence.
    func call(
        _ method: String, _ path: String, _ body: [String: JSONValue?]? = nil, authenticated: Bool = true
    ) async throws -> JSONValue {
        let json = body.map { JSONValue.object($0.compactMapValues { $0 }) }
        return try await call(method, path, json: json, authenticated: authenticated)
    }

    /// Every page of a list, as if it were one.
    func pages(_ path: String) async throws -> JSONValue {
        var rows: [JSONValue] = []
        while true {
            let page = try await call("GET", "\(path)?limit=100&offset=\(rows.count)")
            rows += page["data"].elements
            guard !page["data"].elements.isEmpty, case .integer(let total) = page["pagination"]["total"],
                rows.count < total
            else { return .object(["data": .array(rows)]) }
        }
    }

    func call(
        _ method: String, _ path: String, json body: JSONValue?, authenticated: Bool = true
    ) async throws -> JSONValue {
        var headers = [("Accept", "application/json")]
        if authenticated {
            guard let token = settings.token, !token.isEmpty else {
                throw Failure("DISPATCH_TOKEN is not set: export DISPATCH_TOKEN=$(dispatch login EMAIL)")
            }
            headers.append(("Authorization", "Bearer \(token.revealed)"))
        }
        var request = HTTPClientRequest(method, settings.url + path, headers: headers)
        if let body {
            request.headers.append(("Content-Type", "application/json"))
            request.body = Array(try JSONEncoder().encode(body))
        }
        request.totalTimeout = .seconds(60)
        request.maxResponseBytes = 16 << 20
        let client = try HTTPClient(on: loop, HTTPClientSettings(egressGuard: .unrestricted))
        defer { client.close() }
        let response: HTTPClientResponse
        do { response = try await client.send(request) } catch {
            throw Failure("\(settings.url) does not answer: \(error)")
        }
        let answer = (try? JSONDecoder().decode(JSONValue.self, from: Data(response.body))) ?? .null
        guard (200..<300).contains(response.status) else {
            throw Self.failure(answer["error"], "\(method) \(path)", response.status)
        }
        return answer
    }

    /// The API's own sentence, and every place at fault when there are several.
    private static func failure(_ error: JSONValue, _ request: String, _ status: Int) -> Failure {
        let said = error["message"].text
        guard !said.isEmpty else { return Failure("\(request) was answered \(status)") }
        let details = error["details"].elements.map { "\n  \($0["path"].text): \($0["message"].text)" }
        let places = details.count > 1 ? details.joined() : ""
        return Failure("\(said) (\(error["code"].text), \(status))\(places)")
    }
}
