/// Makes the part of one attachment.
enum AttachmentPart {
    /// - Parameter member: the attachment's place in the request, for errors.
    static func node(_ attachment: OutgoingMessage.Attachment, member: String) throws(MIMEBuildError)
        -> MIMENode
    {
        let filename = attachment.filename
        try check(filename, maxBytes: MIMEBuilder.maxFilenameBytes, as: "\(member).filename")
        let type = try contentType(attachment, member: member)
        let encoding = type.value == "message/rfc822" ? TransferEncoding.sevenBit : .base64
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
        return .leaf(fields: fields, encoding: encoding, body: attachment.bytes)
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
        let words = filename.isASCII ? [filename] : EncodedWord.encode(filename, firstRoomBytes: 65)
        let fallback = words.joined(separator: " ")
        return "\(value); name=\(QuotedString.encode(fallback))"
    }

    /// A type that would change the structure of the message is sent as plain bytes, because base64 is not
    /// allowed for it (RFC 2046 §5): multipart, and message parts that are not clean 7bit text.
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
        guard type.value.hasPrefix("multipart/") || type.value.hasPrefix("message/") else { return type }
        let isClean = TransferEncoding.chosen(forText: attachment.bytes) == .sevenBit
        return type.value == "message/rfc822" && isClean
            ? type : ParameterizedValue("application/octet-stream")
    }

    private static func contentID(
        _ attachment: OutgoingMessage.Attachment, member: String
    ) throws(MIMEBuildError) -> String? {
        guard let given = attachment.contentID else {
            return attachment.isInline && !attachment.filename.isEmpty ? escaped(attachment.filename) : nil
        }
        var identifier = given[...]
        if identifier.first == "<", identifier.last == ">", identifier.utf8.count > 2 {
            identifier = identifier.dropFirst().dropLast()
        }
        let member = "\(member).content_id"
        let isPlain = identifier.utf8.allSatisfy { $0 > .space && $0 < 0x7F && $0 != .less && $0 != .greater }
        guard isPlain, !identifier.isEmpty else { throw MIMEBuildError(field: member, reason: .malformed) }
        guard identifier.utf8.count <= 250 else {
            throw MIMEBuildError(field: member, reason: .tooLong(maxBytes: 250))
        }
        return String(identifier)
    }

    /// A file name as it stands in a `cid:` URL (RFC 2392 §2).
    private static func escaped(_ filename: String) -> String {
        let bytes: [UInt8] = .escaped(filename.utf8, by: .percent) { byte in
            byte > .space && byte < 0x7F && byte != .less && byte != .greater && byte != .percent
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
