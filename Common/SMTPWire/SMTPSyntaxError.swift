/// Why a command line was refused, as the reply that says so. The session sends `reply` and goes on.
package struct SMTPSyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
    package let code: Int
    package let status: EnhancedStatusCode
    /// A short sentence for the sender; it never repeats what the sender sent, except parameter names.
    package let text: String

    package init(code: Int, status: EnhancedStatusCode, text: String) {
        self.code = code
        self.status = status
        self.text = text
    }

    package var reply: SMTPReply { SMTPReply(code, status, text) }
    package var description: String { "\(code) \(status) \(text)" }

    static func command(_ text: String) -> Self { Self(code: 501, status: .init(5, 5, 2), text: text) }
    static func arguments(_ text: String) -> Self { Self(code: 501, status: .init(5, 5, 4), text: text) }
    /// RFC 5321 §4.1.1.11: a parameter that is not recognised or cannot be implemented.
    static func unsupported(_ text: String) -> Self { Self(code: 555, status: .init(5, 5, 4), text: text) }
    static func sender(_ text: String) -> Self { Self(code: 501, status: .init(5, 1, 7), text: text) }
    static func recipient(_ text: String) -> Self { Self(code: 501, status: .init(5, 1, 3), text: text) }
    /// RFC 6531 §3.5.
    static let needsSMTPUTF8 = Self(
        code: 553, status: .init(5, 6, 7), text: "Address needs the SMTPUTF8 parameter")
    static let tooLarge = Self(code: 552, status: .init(5, 3, 4), text: "Message size exceeds the limit")
}
