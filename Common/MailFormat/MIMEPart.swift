/// One part of a parsed message: where it stands, and what its header says about it.
package struct MIMEPart: Sendable {
    package let fields: [HeaderField]
    /// Lower-case type and its parameters; `text/plain` when none is given (RFC 2045 §5.2).
    package let contentType: ParameterizedValue
    package let disposition: ParameterizedValue?
    package let encoding: TransferEncoding
    /// Without angle brackets.
    package let contentID: String?
    /// The bytes of the body as they stand in the message, still encoded.
    package internal(set) var bodyRange: Range<Int>
    /// Indexes of the parts directly inside.
    package internal(set) var children: [Int] = []
    /// 0 for the message itself.
    package let depth: Int

    package var isMultipart: Bool { contentType.value.hasPrefix("multipart/") }

    /// Decoded; nil when none is given. It may be anything, a path among others: never use it as one.
    package var filename: String? { disposition?["filename"] ?? contentType["name"] }

    /// Whether this part is to be shown as the message's text, and not as a file.
    var isBodyText: Bool { disposition?.value != "attachment" && filename == nil }

    init(scanner: HeaderScanner, bytes: [UInt8], depth: Int, isDigestPart: Bool) {
        func value(_ name: String) -> ArraySlice<UInt8>? {
            scanner.fields.first { $0.isNamed(name) }.map { HeaderScanner.unfold(bytes[$0.valueRange]) }
        }
        fields = scanner.fields
        let type = value("Content-Type").map { ParameterizedValue(parsing: $0) }
        // RFC 2045 §5.2: without a type, or with a broken one, a part is plain text; RFC 2046 §5.1.5: in a
        // digest it is a message.
        let isTyped = type?.value.utf8.contains(.slash) == true
        let fallback = ParameterizedValue(isDigestPart ? "message/rfc822" : "text/plain")
        contentType = isTyped ? type ?? fallback : fallback
        disposition = value("Content-Disposition").map { ParameterizedValue(parsing: $0) }
        encoding =
            value("Content-Transfer-Encoding").map {
                TransferEncoding(parsing: String(decoding: $0, as: UTF8.self))
            } ?? .sevenBit
        contentID = value("Content-ID").map {
            String(decoding: $0.filter { $0 != .less && $0 != .greater }, as: UTF8.self)
        }
        bodyRange = scanner.bodyStart..<scanner.bodyStart
        self.depth = depth
    }
}
