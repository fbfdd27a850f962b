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
            request.body = Array(try JSONEncoder().encode(JSONValue.object(body.compactMapValues { $0 })))
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
            let said = answer["error"]["message"].text
            let code = answer["error"]["code"].text
            throw Failure(
                said.isEmpty
                    ? "\(method) \(path) was answered \(response.status)"
                    : "\(said) (\(code), \(response.status))")
        }
        return answer
    }
}
