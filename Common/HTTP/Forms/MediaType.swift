/// A value with parameters, such as `multipart/form-data; boundary="x"` (RFC 9110 §5.6.6, §8.3.1). Names are
/// in lower case; a parameter that comes twice is refused.
struct MediaType {
    let name: String
    private(set) var parameters: [String: String] = [:]

    init(_ text: String) throws(APIError) {
        let bytes = Array(text.utf8)
        let end = bytes.firstIndex(of: ASCII.semicolon) ?? bytes.count
        let trimmed = ASCII.trimmed(bytes, 0..<end)
        name = String(decoding: bytes[trimmed].map(ASCII.lowercased), as: UTF8.self)
        var index = end
        while index < bytes.count { index = try takeParameter(bytes, index + 1) }
    }

    /// Takes the parameter behind a semicolon; answers the index of the next semicolon or the end.
    private mutating func takeParameter(_ bytes: [UInt8], _ start: Int) throws(APIError) -> Int {
        var index = start
        Self.skipSpaces(bytes, &index)
        let nameStart = index
        while index < bytes.count, ASCII.isToken(bytes[index]) { index += 1 }
        let key = String(decoding: bytes[nameStart..<index].map(ASCII.lowercased), as: UTF8.self)
        if key.isEmpty, index == bytes.count || bytes[index] == ASCII.semicolon { return index }
        guard !key.isEmpty, index < bytes.count, bytes[index] == UInt8(ascii: "=") else {
            throw FormData.malformed("a header parameter has no value")
        }
        index += 1
        let value = try Self.takeValue(bytes, &index)
        Self.skipSpaces(bytes, &index)
        guard index == bytes.count || bytes[index] == ASCII.semicolon else {
            throw FormData.malformed("a header parameter is not quoted")
        }
        guard parameters.updateValue(value, forKey: key) == nil else {
            throw FormData.malformed("a header parameter is given twice")
        }
        return index
    }

    /// A token, loosely, or a quoted string in which a backslash stands only before a quote or a backslash:
    /// browsers send the backslashes of Windows paths as they are.
    private static func takeValue(_ bytes: [UInt8], _ index: inout Int) throws(APIError) -> String {
        var value: [UInt8] = []
        guard index < bytes.count, bytes[index] == ASCII.quote else {
            while index < bytes.count, bytes[index] != ASCII.semicolon, bytes[index] > ASCII.space {
                value.append(bytes[index])
                index += 1
            }
            return String(decoding: value, as: UTF8.self)
        }
        index += 1
        while index < bytes.count, bytes[index] != ASCII.quote {
            if bytes[index] == ASCII.backslash, index + 1 < bytes.count,
                bytes[index + 1] == ASCII.quote || bytes[index + 1] == ASCII.backslash
            {
                index += 1
            }
            value.append(bytes[index])
            index += 1
        }
        guard index < bytes.count else { throw FormData.malformed("a quoted text does not end") }
        index += 1
        return String(decoding: value, as: UTF8.self)
    }

    private static func skipSpaces(_ bytes: [UInt8], _ index: inout Int) {
        while index < bytes.count, bytes[index] == ASCII.space || bytes[index] == ASCII.horizontalTab {
            index += 1
        }
    }
}
