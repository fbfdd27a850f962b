/// The header of one part of a form: its name, and for a file its filename and type.
struct PartHeader {
    private(set) var name = ""
    private(set) var filename: String?
    private(set) var contentType: String?
    private var hasDisposition = false

    mutating func take(_ line: ArraySlice<UInt8>) throws(APIError) {
        guard let colon = line.firstIndex(of: ASCII.colon), colon > line.startIndex,
            line[..<colon].allSatisfy(ASCII.isToken), line.allSatisfy(ASCII.isFieldValue)
        else { throw FormData.malformed("a header line of a part is not valid") }
        let value = String(decoding: line[(colon + 1)...], as: UTF8.self)
        switch String(decoding: line[..<colon].map(ASCII.lowercased), as: UTF8.self) {
        case "content-disposition": try takeDisposition(value)
        case "content-type":
            contentType = String(
                decoding: value.utf8.drop { $0 == ASCII.space || $0 == ASCII.horizontalTab }, as: UTF8.self)
        case "content-transfer-encoding":
            // RFC 7578 §4.7 has withdrawn the others; taking base64 text for the file would send garbage.
            guard try ["7bit", "8bit", "binary"].contains(MediaType(value).name) else {
                throw FormData.malformed("a part has a Content-Transfer-Encoding")
            }
        default: break
        }
    }

    func checked(_ limits: FormLimits) throws(APIError) -> PartHeader {
        guard hasDisposition, !name.isEmpty else { throw FormData.malformed("a part has no name") }
        guard name.utf8.count <= limits.maxNameBytes else {
            throw FormData.malformed("a field's name is too long")
        }
        return self
    }

    private mutating func takeDisposition(_ value: String) throws(APIError) {
        let disposition = try MediaType(value)
        guard !hasDisposition, disposition.name == "form-data" else {
            throw FormData.malformed("a part is not form-data")
        }
        hasDisposition = true
        name = Self.unescaped(disposition.parameters["name"] ?? "")
        if let extended = disposition.parameters["filename*"], let text = Self.extended(extended) {
            filename = Self.lastSegment(text)
        } else if let plain = disposition.parameters["filename"] {
            filename = Self.lastSegment(Self.unescaped(plain))
        }
        guard filename?.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) != true else {
            throw FormData.malformed("a filename holds a control character")
        }
    }

    /// What browsers escape in a name, and nothing else: quotes and line ends.
    private static func unescaped(_ text: String) -> String {
        guard text.utf8.contains(ASCII.percent) else { return text }
        let bytes = Array(text.utf8)
        var output: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == ASCII.percent, bytes.count - index > 2, bytes[index + 1] == 0x32,
                bytes[index + 2] == 0x32
            {
                output.append(ASCII.quote)
                index += 3
            } else {
                output.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// `UTF-8''percent-encoded` (RFC 8187), which some clients send although forms should not have it.
    private static func extended(_ text: String) -> String? {
        let parts = text.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].lowercased() == "utf-8" else { return nil }
        let bytes = Array(parts[2].utf8)
        var output: [UInt8] = []
        guard PercentDecoding.decode(bytes, 0..<bytes.count, plusIsSpace: false, into: &output) else {
            return nil
        }
        return String(validating: output, as: UTF8.self)
    }

    /// A filename is a name, not a path, on whatever system it was made.
    private static func lastSegment(_ name: String) -> String {
        let bytes = name.utf8.split(omittingEmptySubsequences: false) {
            $0 == ASCII.slash || $0 == ASCII.backslash
        }
        return String(decoding: bytes.last.map(Array.init) ?? [], as: UTF8.self)
    }
}
