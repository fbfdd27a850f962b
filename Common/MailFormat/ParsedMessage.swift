/// A message read into its parts, for showing it: the log, the captured mail, reports that come back.
///
/// Reading never fails: what is broken is read as far as it goes. It is not the place to decide who a message
/// is from; that is `MessageHeaders`.
package struct ParsedMessage: Sendable {
    package let bytes: [UInt8]
    /// In the order of the message; the first is the message itself.
    package let parts: [MIMEPart]
    /// Whether there were more parts or deeper ones than `MIMEParser` reads.
    package let isTruncated: Bool

    package struct Attachment: Hashable, Sendable {
        /// The index of its part.
        package let part: Int
        package let filename: String?
        package let contentType: String
        package let isInline: Bool
        package let contentID: String?
        /// As it stands in the message; base64 makes a third more of it.
        package let encodedBytes: Int
    }

    package var root: MIMEPart { parts[0] }

    /// The body of a part with its transfer encoding undone; empty when there is no such part.
    package func body(of part: Int) -> [UInt8] {
        guard parts.indices.contains(part) else { return [] }
        return parts[part].encoding.decode(bytes[parts[part].bodyRange])
    }

    /// The body of a part as text, by its charset.
    package func text(of part: Int) -> String {
        guard parts.indices.contains(part) else { return "" }
        return Charset.decode(body(of: part)[...], name: parts[part].contentType["charset"])
    }

    /// The index of the first part of this type that is not a file.
    package func firstPart(ofType type: String) -> Int? {
        parts.firstIndex { $0.contentType.value == type && $0.isBodyText }
    }

    /// The first plain text that is not an attachment; CRLF line ends.
    package var plainText: String? { firstPart(ofType: "text/plain").map { text(of: $0) } }
    package var html: String? { firstPart(ofType: "text/html").map { text(of: $0) } }

    /// The value of a field of the message, unfolded, encoded-words decoded.
    package func header(_ name: String) -> String? {
        root.fields.first { $0.isNamed(name) }.map {
            EncodedWord.decode(HeaderScanner.unfold(bytes[$0.valueRange]))
        }
    }

    /// Every part that is neither a multipart nor the text of the message.
    package var attachments: [Attachment] {
        let shown = [firstPart(ofType: "text/plain"), firstPart(ofType: "text/html")]
        return parts.enumerated().compactMap { index, part in
            guard !part.isMultipart, !shown.contains(index) else { return nil }
            return Attachment(
                part: index, filename: part.filename, contentType: part.contentType.value,
                isInline: part.disposition?.value == "inline"
                    || (part.disposition == nil && part.contentID != nil),
                contentID: part.contentID, encodedBytes: part.bodyRange.count)
        }
    }
}
