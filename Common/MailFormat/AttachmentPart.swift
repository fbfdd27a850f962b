/// Makes the part of one attachment.
enum AttachmentPart {
    /// - Parameter member: the attachment's place in the request, for errors.
    static func node(_ attachment: OutgoingMessage.Attachment, member: String) throws(MIMEBuildError)
        -> MIMENode
    {
        let filename = attachment.filename
        try check(filename, maxBytes: MIMEBuilder.maxFilenameBytes, as: "\(member).filename")
        let (type, encoding, body) = try content(attachment, member: member)
        let disposition = attachment.isInline ? "inline" : "attachment"
        let parameters = filename.isEmpty ? [] : [(name: "filename", value: filename)]
        var fields: [UInt8] = []
        do {
            fields += try HeaderField.encode(
                name: "Content-Type", structured: header(type, filename: filename))
            fields += try HeaderField.encode(
                name: "Content-Disposition",
                structured: ParameterizedValue(disposition, parameters).headerValue)
            fields += try HeaderField.encode(
                name: "Content-Transfer-Encoding", structured: encoding.rawValue)
            if let identifier = try contentID(attachment, member: member) {
                fields += try HeaderField.encode(name: "Content-ID", structured: "<\(identifier)>")
            }
        } catch let error as MIMEBuildError {
            throw error
        } catch {
            throw MIMEBuildError(field: member, reason: .malformed)
        }
        return .leaf(fields: fields, encoding: encoding, body: body)
    }

    private static func check(_ value: String, maxBytes: Int, as member: String) throws(MIMEBuildError) {
        guard !value.utf8.contains(where: \.isControl) else {
            throw MIMEBuildError(field: member, reason: .controlCharacter)
        }
        guard value.utf8.count <= maxBytes else {
            throw MIMEBuildError(field: member, reason: .tooLong(maxBytes: maxBytes))
        }
    }

    /// `name=` is for readers that know no RFC 2231: they decode an encoded-word there, against RFC 2047 §5
    /// but all of them. Readers that know better take `filename*=`.
    private static func header(_ type: ParameterizedValue, filename: String) -> String {
        let kept = type.parameters.filter { $0.name != "name" }.map { (name: $0.name, value: $0.value) }
        let value = ParameterizedValue(type.value, kept).headerValue
        guard !filename.isEmpty else { return value }
        let words =
            filename.readsBackQuoted ? [filename] : EncodedWord.encode(filename, firstRoomBytes: 65)
        let fallback = words.joined(separator: " ")
        return "\(value); name=\(QuotedString.encode(fallback))"
    }

    /// What is sent, and how. Composite types take no encoding (RFC 2046 §5.1, §5.2.1): a message that can go
    /// as it is does, with line ends of CRLF; any other, and a multipart, goes as plain bytes, which every
    /// reader gives back unchanged.
    private static func content(
        _ attachment: OutgoingMessage.Attachment, member: String
    ) throws(MIMEBuildError) -> (ParameterizedValue, TransferEncoding, [UInt8]) {
        let type = try contentType(attachment, member: member)
        guard type.value.hasPrefix("multipart/") || type.value.hasPrefix("message/") else {
            return (TextAttachment.described(type, attachment.bytes), .base64, attachment.bytes)
        }
        if type.value == "message/rfc822" {
            let lines = LineEndings.normalized(attachment.bytes)
            if isSevenBit(lines) { return (type, .sevenBit, lines) }
        }
        return (ParameterizedValue("application/octet-stream"), .base64, attachment.bytes)
    }

    /// RFC 2045 §2.7, of lines that end in CRLF.
    private static func isSevenBit(_ lines: [UInt8]) -> Bool {
        guard !EightBit.contains(lines[...]), !lines.contains(0) else { return false }
        return lines.split(separator: .lineFeed, omittingEmptySubsequences: false)
            .allSatisfy { $0.count <= HeaderError.maxLineBytes + 1 }
    }

    private static func contentType(
        _ attachment: OutgoingMessage.Attachment, member: String
    ) throws(MIMEBuildError) -> ParameterizedValue {
        guard let given = attachment.contentType, !given.isEmpty else {
            return ParameterizedValue(MediaType.guessed(fromFilename: attachment.filename))
        }
        let member = "\(member).content_type"
        try check(given, maxBytes: 255, as: member)
        let type = ParameterizedValue(parsing: given)
        let halves = type.value.utf8.split(separator: .slash, omittingEmptySubsequences: false)
        guard halves.count == 2, halves.allSatisfy({ !$0.isEmpty && $0.allSatisfy(\.isTokenText) }) else {
            throw MIMEBuildError(field: member, reason: .malformed)
        }
        return type
    }

    private static func contentID(
        _ attachment: OutgoingMessage.Attachment, member: String
    ) throws(MIMEBuildError) -> String? {
        guard let given = attachment.contentID else {
            let isNamed = attachment.isInline && ContentIdentifier.isValid(attachment.filename)
            return isNamed ? attachment.filename : nil
        }
        var identifier = given[...]
        if identifier.first == "<", identifier.last == ">", identifier.utf8.count > 2 {
            identifier = identifier.dropFirst().dropLast()
        }
        let member = "\(member).content_id"
        guard identifier.utf8.count <= ContentIdentifier.maxBytes else {
            throw MIMEBuildError(field: member, reason: .tooLong(maxBytes: ContentIdentifier.maxBytes))
        }
        guard ContentIdentifier.isValid(identifier) else {
            throw MIMEBuildError(field: member, reason: .malformed)
        }
        return String(identifier)
    }
}
