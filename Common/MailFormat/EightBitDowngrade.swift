/// Rewrites a message that is not ASCII for a host that takes nothing else (RFC 6152 §3, RFC 2047, RFC 2231).
///
/// Each part whose body has such bytes is written as quoted-printable or base64, messages inside the message
/// too; header fields become encoded-words. What a reader shows stays the same. The result is ASCII
/// throughout and has the same parts, which is checked, or there is none: what cannot be rewritten without
/// losing its meaning is an `Obstacle`. Pure and deterministic, so that every attempt sends, and signs, the
/// same bytes. Limits: those of `MIMEParser`, and messages inside messages to a depth of 8.
package enum EightBitDowngrade {
    static let maxMessageDepth = 8

    /// Why a message cannot be rewritten.
    package enum Obstacle: Error, Hashable, Sendable, CustomStringConvertible {
        /// A signature or an encryption covers the bytes (RFC 1847 §2.1).
        case sealed(type: String)
        /// A content type whose body may not be encoded, or an encoding that nobody knows.
        case fixedForm(String)
        /// An address or another structured field has no ASCII form.
        case field(String)
        /// More or deeper parts than are read, or a header that is not one.
        case unreadable

        /// The end of a sentence that begins with "the message cannot be converted to ASCII: ".
        package var description: String {
            switch self {
            case .sealed(let type): "\(type) would lose its validity"
            case .fixedForm(let what): "\(what) cannot be encoded otherwise"
            case .field(let name): "the field \(name) has no ASCII form"
            case .unreadable: "its structure cannot be read"
            }
        }
    }

    /// The whole message in ASCII.
    package static func ascii(_ message: [UInt8]) throws(Obstacle) -> [UInt8] {
        try ascii(message, depth: 0)
    }

    /// The message with its own header in ASCII and its body as it was: for a host that knows 8BITMIME and
    /// not SMTPUTF8.
    package static func asciiHeader(_ message: [UInt8]) throws(Obstacle) -> [UInt8] {
        let scanner = HeaderScanner(message[...])
        var edits = Edits()
        for field in scanner.fields where EightBit.contains(message[field.range]) {
            edits.replace(field.range, with: try HeaderDowngrade.ascii(field, of: message))
        }
        return edits.applied(to: message)
    }

    private static func ascii(_ message: [UInt8], depth: Int) throws(Obstacle) -> [UInt8] {
        guard EightBit.contains(message[...]) else { return message }
        guard depth < maxMessageDepth else { throw .unreadable }
        let parsed = MIMEParser.parse(message)
        guard !parsed.isTruncated else { throw .unreadable }
        var edits = Edits()
        for (number, part) in parsed.parts.enumerated() {
            try rewrite(part, isRoot: number == 0, of: message, depth: depth, &edits)
        }
        let result = edits.applied(to: message, maskingRest: true)
        // A soft line break could put a text that looks like a delimiter at the beginning of a line.
        guard !EightBit.contains(result[...]), MIMEParser.parse(result).parts.count == parsed.parts.count
        else {
            throw .unreadable
        }
        return result
    }

    private static func rewrite(
        _ part: MIMEPart, isRoot: Bool, of message: [UInt8], depth: Int, _ edits: inout Edits
    ) throws(Obstacle) {
        let type = part.contentType.value
        let body = message[part.bodyRange]
        let hasEightBitBody = EightBit.contains(body)
        if type == "multipart/signed" || type == "multipart/encrypted", hasEightBitBody {
            throw .sealed(type: type)
        }
        let encodingFields = part.fields.filter { $0.isNamed("Content-Transfer-Encoding") }
        for field in part.fields
        where EightBit.contains(message[field.range]) && !encodingFields.contains(field) {
            edits.replace(field.range, with: try HeaderDowngrade.ascii(field, of: message))
        }
        var name: TransferEncoding?
        if part.isMultipart {
            // RFC 2045 §6.4: a multipart's own encoding is that of what is inside it. What stands before and
            // behind the parts is for nobody, and masked at the end.
            guard part.contentType["boundary"].map({ $0.isASCII }) != false else { throw .unreadable }
            if part.encoding == .eightBit || part.encoding == .binary { name = .sevenBit }
        } else if hasEightBitBody {
            let (encoding, encoded) = try encoded(part, body, message, depth: depth)
            edits.replace(part.bodyRange, with: encoded)
            name = encoding
        }
        guard let name else { return }
        try label(part, name, encodingFields, isRoot: isRoot, of: message, &edits)
    }

    /// The body in an encoding that is ASCII.
    private static func encoded(
        _ part: MIMEPart, _ body: ArraySlice<UInt8>, _ message: [UInt8], depth: Int
    ) throws(Obstacle) -> (TransferEncoding, [UInt8]) {
        let type = part.contentType.value
        if let field = part.fields.first(where: { $0.isNamed("Content-Transfer-Encoding") }) {
            let value = HeaderScanner.unfold(message[field.valueRange])
            guard TransferEncoding.isKnown(String(decoding: value, as: UTF8.self)) else {
                throw .fixedForm("an unknown Content-Transfer-Encoding")
            }
        }
        switch type {
        case "message/rfc822", "message/news":
            guard part.encoding != .base64, part.encoding != .quotedPrintable else { throw .fixedForm(type) }
            return (.sevenBit, try ascii(Array(body), depth: depth + 1))
        // RFC 6532 §3.7: these may be encoded.
        case "message/global", "message/global-headers", "message/global-delivery-status":
            return (.base64, TransferEncoding.base64.encode(part.encoding.decode(body)))
        case _ where type.hasPrefix("message/"): throw .fixedForm(type)
        case _ where type.hasPrefix("text/") && part.encoding != .binary:
            let text = part.encoding.decode(body)
            let chosen = TransferEncoding.chosen(forText: text)
            let encoding = chosen == .sevenBit ? .quotedPrintable : chosen
            return (encoding, encoding.encode(text))
        default: return (.base64, TransferEncoding.base64.encode(part.encoding.decode(body)))
        }
    }

    /// Names the part's encoding in its header.
    private static func label(
        _ part: MIMEPart, _ encoding: TransferEncoding, _ fields: [HeaderField], isRoot: Bool,
        of message: [UInt8], _ edits: inout Edits
    ) throws(Obstacle) {
        var lines = Array("Content-Transfer-Encoding: \(encoding.rawValue)\r\n".utf8)
        if isRoot, !part.fields.contains(where: { $0.isNamed("MIME-Version") }) {
            lines = Array("MIME-Version: 1.0\r\n".utf8) + lines
        }
        if isRoot, !part.fields.contains(where: { $0.isNamed("Content-Type") }) {
            // RFC 1428 §2: the name for what nobody has named.
            let isUTF8 = String(validating: message[part.bodyRange], as: UTF8.self) != nil
            lines += Array("Content-Type: text/plain; charset=\(isUTF8 ? "utf-8" : "unknown-8bit")\r\n".utf8)
        }
        if let first = fields.first {
            for field in fields.dropFirst() { edits.replace(field.range, with: []) }
            edits.replace(first.range, with: lines)
            return
        }
        let blankLine = part.bodyRange.lowerBound - 2
        guard blankLine >= 0, message[blankLine...].starts(with: [.carriageReturn, .lineFeed]),
            blankLine == part.fields.last?.range.upperBound ?? blankLine,
            blankLine == 0 || message[blankLine - 1] == .lineFeed
        else { throw .unreadable }
        edits.replace(blankLine..<blankLine, with: lines)
    }
}

/// Changes to be made to an array, each at its place in the original; none touches another.
private struct Edits {
    private var list: [(range: Range<Int>, bytes: [UInt8])] = []

    mutating func replace(_ range: Range<Int>, with bytes: [UInt8]) { list.append((range, bytes)) }

    /// - Parameter masksRest: what is not ASCII in between becomes `?`.
    func applied(to original: [UInt8], maskingRest masksRest: Bool = false) -> [UInt8] {
        let sorted = list.sorted { $0.range.lowerBound < $1.range.lowerBound }
        var output: [UInt8] = []
        output.reserveCapacity(original.count + list.reduce(0) { $0 + $1.bytes.count })
        var index = 0
        func keep(to end: Int) {
            guard index < end else { return }
            let rest = original[index..<end]
            if masksRest, EightBit.contains(rest) {
                output += rest.map { $0 < 0x80 ? $0 : .question }
            } else {
                output += rest
            }
        }
        for edit in sorted where edit.range.lowerBound >= index {
            keep(to: edit.range.lowerBound)
            output += edit.bytes
            index = edit.range.upperBound
        }
        keep(to: original.count)
        return output
    }
}
