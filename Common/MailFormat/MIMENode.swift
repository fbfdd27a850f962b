/// A part on its way to be written: its header fields, and its body or the parts inside it.
indirect enum MIMENode {
    /// The body is encoded when it is written, so that only one copy of a large file is made.
    case leaf(fields: [UInt8], encoding: TransferEncoding, body: [UInt8])
    /// A text in quoted-printable; `places` are ranges of it as it is written.
    case linkedText(fields: [UInt8], encoded: [UInt8], places: [LinkPlace])
    /// `parameters` come behind the boundary.
    case multipart(subtype: String, parameters: [(name: String, value: String)], children: [MIMENode])

    /// The type without parameters, for `type=` of multipart/related (RFC 2387 §3.1).
    var rootType: String {
        switch self {
        case .leaf, .linkedText: "text/html"
        case .multipart(let subtype, _, _): "multipart/\(subtype)"
        }
    }

    /// Whether this text is in a body that was not encoded; in the encodings a boundary's `=_` cannot come
    /// about.
    func contains(_ token: [UInt8]) -> Bool {
        switch self {
        case .leaf(_, let encoding, let body):
            return (encoding == .sevenBit || encoding == .eightBit) && Self.find(token, in: body)
        case .linkedText: return false
        case .multipart(_, _, let children): return children.contains { $0.contains(token) }
        }
    }

    /// How much it will be written as, roughly.
    var estimatedBytes: Int {
        switch self {
        case .leaf(let fields, let encoding, let body):
            let encoded = encoding == .base64 ? Base64.linesBytes(of: body.count) : body.count
            return fields.count + encoded + 2
        case .linkedText(let fields, let encoded, _): return fields.count + encoded.count + 2
        case .multipart(_, _, let children): return children.reduce(512) { $0 + $1.estimatedBytes + 128 }
        }
    }

    private static func find(_ token: [UInt8], in body: [UInt8]) -> Bool {
        guard let first = token.first else { return false }
        var rest = body[...]
        while let index = rest.firstIndex(of: first) {
            if rest[index...].starts(with: token) { return true }
            rest = rest[(index + 1)...]
        }
        return false
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
        case .linkedText(let fields, let encoded, let places):
            output += fields
            output += [.carriageReturn, .lineFeed]
            let start = output.count
            output += encoded
            return places.map { LinkPlace($0, behind: start) }
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
}
