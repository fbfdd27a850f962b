import FoundationEssentials

/// The user name and password inside an AUTH dialogue: PLAIN (RFC 4616) and LOGIN.
package struct SASLCredentials: Hashable, Sendable {
    package let username: String
    package let password: String

    package init(username: String, password: String) {
        self.username = username
        self.password = password
    }

    package enum Malformation: Error, Hashable, Sendable {
        /// The client sent `*`: RFC 4954 §4.
        case cancelled
        case notBase64
        /// The parts are missing, empty, not UTF-8, or longer than `SMTPLimits.maxCredentialBytes`.
        case badContent
        /// To act for another identity is not offered.
        case authorizationIdentity

        package var reply: SMTPReply {
            switch self {
            case .cancelled: SMTPReply(501, .init(5, 7, 0), "Authentication cancelled")
            case .notBase64: SMTPReply(501, .init(5, 5, 2), "Not base64")
            case .badContent: SMTPReply(501, .init(5, 5, 2), "Malformed credentials")
            case .authorizationIdentity: SMTPReply(535, .init(5, 7, 8), "Authorization identity not allowed")
            }
        }
    }

    /// Decodes the one message of PLAIN: authorization identity NUL user NUL password, in base64. The first
    /// part must be empty or the same as the second.
    package init(plain encoded: ArraySlice<UInt8>) throws(Malformation) {
        let parts = try Self.decode(encoded).split(
            separator: 0, maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .badContent }
        guard parts[0].isEmpty || parts[0] == parts[1] else { throw .authorizationIdentity }
        username = try Self.text(parts[1])
        password = try Self.text(parts[2])
    }

    /// Decodes one answer of LOGIN, a user name or a password in base64.
    package static func loginAnswer(_ encoded: ArraySlice<UInt8>) throws(Malformation) -> String {
        try text(decode(encoded)[...])
    }

    private static func decode(_ encoded: ArraySlice<UInt8>) throws(Malformation) -> [UInt8] {
        if encoded.elementsEqual("*".utf8) { throw .cancelled }
        guard encoded.count <= SMTPLimits.maxAuthenticationLineBytes,
            let decoded = Data(base64Encoded: String(decoding: encoded, as: UTF8.self))
        else { throw .notBase64 }
        return Array(decoded)
    }

    private static func text(_ bytes: ArraySlice<UInt8>) throws(Malformation) -> String {
        guard !bytes.isEmpty, bytes.count <= SMTPLimits.maxCredentialBytes, !bytes.contains(0),
            let text = String(validating: bytes, as: UTF8.self)
        else { throw .badContent }
        return text
    }
}
