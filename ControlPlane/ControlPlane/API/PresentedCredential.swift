import Crypto
import HTTP

/// What a request's `Authorization` says, not yet verified.
enum PresentedCredential {
    case apiKey(String)
    case token(String)
    case password(username: String, password: String)

    static let maxHeaderBytes = 16 * 1024

    /// - Throws: 401.
    init(_ request: HTTPRequest) throws(APIError) {
        guard let header = request.headers["authorization"] else {
            throw .unauthenticated("Send an API key, a token or a credential in `Authorization`.")
        }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, header.utf8.count <= Self.maxHeaderBytes else { throw .unauthenticated() }
        let value = parts[1].drop { $0 == " " }
        switch parts[0].lowercased() {
        case "bearer": self = value.hasPrefix("dsp_") ? .apiKey(String(value)) : .token(String(value))
        case "basic": self = try Self.basic(String(value))
        default: throw .unauthenticated("`Authorization` must be Bearer or Basic.")
        }
    }

    private static func basic(_ text: String) throws(APIError) -> PresentedCredential {
        guard let bytes = Base64.decode(text), let pair = String(validating: bytes, as: UTF8.self),
            let colon = pair.firstIndex(of: ":")
        else { throw .unauthenticated() }
        let username = String(pair[..<colon])
        let password = String(pair[pair.index(after: colon)...])
        // A key as the password, whatever the name: the same on nodes.
        return password.hasPrefix("dsp_")
            ? .apiKey(password) : .password(username: username, password: password)
    }
}

extension APIError {
    package static func unauthenticated(
        _ message: String = "The credentials are not valid."
    ) -> APIError {
        APIError(
            401, "unauthenticated", message,
            headers: ["WWW-Authenticate": "Bearer realm=\"dispatch\", Basic realm=\"dispatch\""])
    }
}
