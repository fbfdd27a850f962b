/// Writes a header field that is not ASCII in ASCII: free text and names as encoded-words (RFC 2047), the
/// parameters of MIME fields by RFC 2231. What is not UTF-8 is read as Windows-1252, as people mean it.
enum HeaderDowngrade {
    private static let addressFields = [
        "from", "sender", "reply-to", "to", "cc", "bcc", "resent-from", "resent-sender", "resent-to",
        "resent-cc", "resent-reply-to", "disposition-notification-to", "return-receipt-to",
    ]
    private static let parameterFields = ["content-type", "content-disposition"]
    /// Fields whose grammar has no place for an encoded-word.
    private static let rigidFields = [
        "date", "message-id", "in-reply-to", "references", "received", "return-path", "mime-version",
        "content-transfer-encoding", "content-id", "dkim-signature", "authentication-results",
        "list-unsubscribe",
        "list-unsubscribe-post", "resent-date", "resent-message-id",
    ]

    /// What a field's value is made of.
    enum Grammar { case addresses, parameters, rigid, text }

    static func grammar(of name: String) -> Grammar {
        let name = name.lowercased()
        if addressFields.contains(name) { return .addresses }
        if parameterFields.contains(name) { return .parameters }
        return rigidFields.contains(name) ? .rigid : .text
    }

    /// The whole field, CRLF at its end.
    ///
    /// - Throws: `.field` when there is no ASCII form: a local part that is not ASCII, a rigid field.
    static func ascii(
        _ field: HeaderField, of message: [UInt8]
    ) throws(EightBitDowngrade.Obstacle) -> [UInt8] {
        let text = Charset.decode(HeaderScanner.unfold(message[field.valueRange]), name: nil)
        do {
            switch grammar(of: field.name) {
            case .addresses:
                let list = try AddressList(text)
                guard !list.mailboxes.contains(where: \.address.needsSMTPUTF8) else {
                    throw EightBitDowngrade.Obstacle.field(field.name)
                }
                return try HeaderField.encode(name: field.name, structured: list.headerValue)
            case .parameters:
                let value = ParameterizedValue(parsing: text)
                return try HeaderField.encode(name: field.name, structured: value.headerValue)
            case .rigid: throw EightBitDowngrade.Obstacle.field(field.name)
            case .text: return try HeaderField.encode(name: field.name, value: EncodedWord.decode(text))
            }
        } catch {
            throw .field(field.name)
        }
    }
}
