/// What a reader has to know of a text that is attached, where the caller did not say it.
enum TextAttachment {
    private static let maxBytesSearched = 65_536

    /// The type with `charset=utf-8` for a text that is UTF-8, for without it a reader takes it for ASCII
    /// (RFC 2046 §4.1.2); and with the `method` of a calendar object, which makes it an invitation (RFC 6047
    /// §2.4).
    static func described(_ type: ParameterizedValue, _ bytes: [UInt8]) -> ParameterizedValue {
        guard type.value.hasPrefix("text/") else { return type }
        var parameters = type.parameters.map { (name: $0.name, value: $0.value) }
        if type["charset"] == nil, String(validating: bytes, as: UTF8.self) != nil {
            parameters.append((name: "charset", value: "utf-8"))
        }
        if type.value == "text/calendar", type["method"] == nil, let method = method(of: bytes) {
            parameters.append((name: "method", value: method))
        }
        return ParameterizedValue(type.value, parameters)
    }

    /// The value of the property METHOD of a calendar object (RFC 5545 §3.7.2).
    private static func method(of bytes: [UInt8]) -> String? {
        for line in bytes.prefix(maxBytesSearched).split(separator: .lineFeed) {
            let text = String(decoding: line.last == .carriageReturn ? line.dropLast() : line, as: UTF8.self)
            guard text.hasPrefixIgnoringCase("METHOD:") else { continue }
            let method = text.dropFirst(7)
            return !method.isEmpty && method.utf8.allSatisfy(\.isTokenText) ? String(method) : nil
        }
        return nil
    }
}
