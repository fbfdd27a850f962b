import Admission
import Crypto
import FoundationEssentials
import HTTP
import NodeProtocol

/// Reads what a caller presents of itself, before the body is read.
enum CallerCredential {
    private static let maxBytes = 16 * 1024

    /// - Throws: 401 when there is no usable Authorization field.
    static func read(_ request: HTTPRequest) throws(APIError) -> PresentedCredential {
        guard let field = request.headers["Authorization"], field.utf8.count <= maxBytes else {
            throw unauthenticated
        }
        let space = UInt8(ascii: " ")
        guard let end = field.utf8.firstIndex(of: space),
            let start = field.utf8[end...].firstIndex(where: { $0 != space })
        else { throw unauthenticated }
        let value = field[start...]
        switch field[..<end].lowercased() {
        case "bearer": return .bearer(String(value))
        case "basic": return try basic(String(value))
        default: throw unauthenticated
        }
    }

    private static func basic(_ encoded: String) throws(APIError) -> PresentedCredential {
        guard let bytes = Base64.decode(Array(encoded.utf8)),
            let text = String(validating: bytes, as: UTF8.self),
            let colon = text.firstIndex(of: ":")
        else { throw unauthenticated }
        let password = String(text[text.index(after: colon)...])
        // Clients of other services send their API key as a password: `api:<key>`.
        if password.hasPrefix("dsp_") { return .bearer(password) }
        return .basic(username: String(text[..<colon]), password: password)
    }

    private static var unauthenticated: APIError {
        APIError(
            401, Refusal.Code.unauthenticated.rawValue,
            "An Authorization header with a valid key is required.",
            headers: ["WWW-Authenticate": "Bearer, Basic realm=\"dispatch\""])
    }
}
