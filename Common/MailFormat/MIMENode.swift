/// A part on its way to be written: its header fields, and its body or the parts inside it.
indirect enum MIMENode {
    /// `places` are ranges of the encoded body.
    case leaf(fields: [UInt8], encoding: TransferEncoding, body: [UInt8], places: [LinkPlace] = [])
    /// `parameters` come behind the boundary.
    case multipart(subtype: String, parameters: [(name: String, value: String)], children: [MIMENode])

    /// The type without parameters, for `type=` of multipart/related (RFC 2387 §3.1).
    var rootType: String {
        switch self {
        case .leaf: "text/html"
        case .multipart(let subtype, _, _): "multipart/\(subtype)"
        }
    }

    /// Whether this text is in a body that was not encoded; in the encodings a boundary's `=_` cannot come
    /// about.
    func contains(_ token: [UInt8]) -> Bool {
        switch self {
        case .leaf(_, let encoding, let body, _):
            return (encoding == .sevenBit || encoding == .eightBit) && Self.find(token, in: body)
        case .multipart(_, _, let children): return children.contains { $0.contains(token) }
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
        case .leaf(let fields, _, let body, let places):
            output += fields
            output += [.carriageReturn, .lineFeed]
            let start = output.count
            output += body
            return places.map { LinkPlace($0.kind, $0.range.shifted(by: start)) }
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

extension Range<Int> {
    func shifted(by count: Int) -> Range<Int> { lowerBound + count..<upperBound + count }
}
