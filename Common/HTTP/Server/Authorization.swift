import FoundationEssentials

/// What a caller says of who it is (RFC 9110 §11, RFC 6750, RFC 7617). Only read, not believed.
package enum Authorization: Sendable, Equatable {
    /// No `Authorization` field.
    case none
    /// An API key or a JSON web token.
    case bearer(String)
    case basic(username: String, password: String)
    /// Given twice, of another scheme, or not well formed.
    case malformed

    /// No key, token or pair of name and password is longer.
    private static let maxBytes = 8 * 1024

    init(_ headers: HTTPHeaders) {
        let values = headers.values("authorization")
        guard let value = values.first else {
            self = .none
            return
        }
        let parts = value.split(separator: " ", maxSplits: 1)
        guard values.count == 1, value.utf8.count <= Self.maxBytes, parts.count == 2 else {
            self = .malformed
            return
        }
        let credentials = parts[1].drop { $0 == " " }
        switch parts[0].lowercased() {
        case "bearer" where !credentials.isEmpty && credentials.utf8.allSatisfy(ASCII.isVisible):
            self = .bearer(String(credentials))
        case "basic": self = Self.basic(credentials)
        default: self = .malformed
        }
    }

    /// The name ends at the first colon; a password may hold more of them, an empty one is a password too.
    private static func basic(_ credentials: Substring) -> Authorization {
        guard let bytes = Data(base64Encoded: String(credentials)),
            let text = String(validating: bytes, as: UTF8.self), let colon = text.firstIndex(of: ":"),
            text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
        else { return .malformed }
        return .basic(username: String(text[..<colon]), password: String(text[text.index(after: colon)...]))
    }
}
