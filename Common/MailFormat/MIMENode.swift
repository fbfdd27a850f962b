import Glibc

/// A part on its way to be written: its header fields, and its body or the parts inside it.
indirect enum MIMENode {
    /// The body is encoded when it is written, so that only one copy of a large file is made.
    case leaf(fields: [UInt8], encoding: TransferEncoding, body: [UInt8])
    /// A text, `text/…` in UTF-8; `places` are ranges of the body, and one with some is quoted-printable.
    case text(subtype: StaticString, encoding: TransferEncoding, body: [UInt8], places: [LinkPlace])
    /// `parameters` come behind the boundary.
    case multipart(subtype: String, parameters: [(name: String, value: String)], children: [MIMENode])

    /// The type without parameters, for `type=` of multipart/related (RFC 2387 §3.1).
    var rootType: String {
        switch self {
        case .leaf, .text: "text/html"
        case .multipart(let subtype, _, _): "multipart/\(subtype)"
        }
    }

    /// Whether this text is in a body that was not encoded; in the encodings a boundary's `=_` cannot come
    /// about.
    func contains(_ token: [UInt8]) -> Bool {
        switch self {
        case .leaf(_, let encoding, let body), .text(_, let encoding, let body, _):
            return (encoding == .sevenBit || encoding == .eightBit) && Self.find(token, in: body)
        case .multipart(_, _, let children): return children.contains { $0.contains(token) }
        }
    }

    /// How much it will be written as, roughly.
    var estimatedBytes: Int {
        switch self {
        case .leaf(let fields, let encoding, let body):
            return fields.count + encoding.estimatedBytes(of: body.count) + 2
        case .text(_, let encoding, let body, _): return 128 + encoding.estimatedBytes(of: body.count)
        case .multipart(_, _, let children): return children.reduce(512) { $0 + $1.estimatedBytes + 128 }
        }
    }

    private static func find(_ token: [UInt8], in body: [UInt8]) -> Bool {
        guard let first = token.first else { return false }
        return body.withUnsafeBytes { body in
            guard let start = body.baseAddress else { return false }
            var index = 0
            while let found = memchr(start + index, Int32(first), body.count - index) {
                index = UnsafeRawPointer(found) - start
                if body[index...].starts(with: token) { return true }
                index += 1
            }
            return false
        }
    }

    /// Writes the fields that describe the content, the empty line and the body.
    ///
    /// The level comes first in a boundary: none may begin with another, because readers compare line
    /// beginnings.
    ///
    /// - Returns: the places of its texts in the output.
    @discardableResult
    func write(to output: inout [UInt8], token: String, level: Int = 0) throws(HeaderError) -> [LinkPlace] {
        switch self {
        case .leaf(let fields, let encoding, let body):
            output += fields
            output += [.carriageReturn, .lineFeed]
            encoding.encode(body, into: &output)
            return []
        case .text(let subtype, let encoding, let body, let places):
            Self.putFields(ofText: subtype, encoding, to: &output)
            guard !places.isEmpty else {
                encoding.encode(body, into: &output)
                return []
            }
            let seams = places.flatMap { [$0.range.lowerBound, $0.range.upperBound] }
            let ends = QuotedPrintable.encode(body, seams: seams, to: &output)
            return places.enumerated().map { number, place in
                LinkPlace(place.kind, ends[2 * number]..<ends[2 * number + 1])
            }
        case .multipart(let subtype, let parameters, let children):
            let boundary = "=_\(level)\(token)"
            let type = ParameterizedValue("multipart/\(subtype)", [("boundary", boundary)] + parameters)
            output += try HeaderField.encode(name: "Content-Type", structured: type.headerValue)
            var places: [LinkPlace] = []
            for child in children {
                output += Array("\r\n--\(boundary)\r\n".utf8)
                places += try child.write(to: &output, token: token, level: level + 1)
            }
            output += Array("\r\n--\(boundary)--\r\n".utf8)
            return places
        }
    }

    /// The charset is always named as UTF-8, of which ASCII is a part.
    private static func putFields(
        ofText subtype: StaticString, _ encoding: TransferEncoding, to output: inout [UInt8]
    ) {
        output.append(literal: "Content-Type: text/")
        output.append(literal: subtype)
        output.append(literal: "; charset=utf-8\r\nContent-Transfer-Encoding: ")
        output.append(contentsOf: encoding.rawValue.utf8)
        output.append(literal: "\r\n\r\n")
    }
}

extension String {
    /// A text part of this content.
    func textNode(_ subtype: StaticString, places: ([UInt8]) -> [LinkPlace] = { _ in [] }) -> MIMENode {
        let (body, encoding) = TextScan.normalized(Array(utf8))
        let places = places(body)
        return .text(
            subtype: subtype, encoding: places.isEmpty ? encoding : .quotedPrintable, body: body,
            places: places)
    }
}
