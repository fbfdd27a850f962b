/// A value with parameters: Content-Type and Content-Disposition (RFC 2045 §5.1, RFC 2183, RFC 2231).
package struct ParameterizedValue: Hashable, Sendable {
    package static let maxParameters = 64

    package struct Parameter: Hashable, Sendable {
        /// Lower case.
        package let name: String
        /// Decoded.
        package let value: String
    }

    /// `text/plain`, `attachment`: lower case.
    package let value: String
    package let parameters: [Parameter]

    package init(_ value: String, _ parameters: [(name: String, value: String)] = []) {
        self.value = value.lowercased()
        self.parameters = parameters.map { Parameter(name: $0.name.lowercased(), value: $0.value) }
    }

    package subscript(_ name: String) -> String? { parameters.first { $0.name == name }?.value }

    /// Reads an unfolded value. Lenient: what is malformed is passed over, and nothing fails.
    package init(parsing bytes: ArraySlice<UInt8>) {
        var cursor = ParameterCursor(bytes)
        value = cursor.value()
        var raw: [(name: String, value: [UInt8])] = []
        while raw.count < Self.maxParameters, let parameter = cursor.parameter() { raw.append(parameter) }
        parameters = Self.assembled(raw)
    }

    package init(parsing text: String) { self.init(parsing: Array(text.utf8)[...]) }

    /// Joins the pieces of RFC 2231 (`name*0*=`) and decodes; an extended form wins over the plain fallback.
    private static func assembled(_ raw: [(name: String, value: [UInt8])]) -> [Parameter] {
        var names: [String] = []
        var plain: [String: [UInt8]] = [:]
        var pieces: [String: [(number: Int, isEncoded: Bool, bytes: [UInt8])]] = [:]
        for (fullName, bytes) in raw {
            let parts = fullName.split(separator: "*", omittingEmptySubsequences: false).map(String.init)
            let name = parts[0]
            if !names.contains(name) { names.append(name) }
            guard parts.count > 1 else {
                if plain[name] == nil { plain[name] = bytes }
                continue
            }
            let isEncoded = parts.last?.isEmpty == true
            pieces[name, default: []].append((Int(parts[1]) ?? 0, isEncoded, bytes))
        }
        return names.compactMap { name in
            if let extended = pieces[name] { return Parameter(name: name, value: decoded(extended)) }
            return plain[name].map { Parameter(name: name, value: EncodedWord.decode($0[...])) }
        }
    }

    private static func decoded(_ pieces: [(number: Int, isEncoded: Bool, bytes: [UInt8])]) -> String {
        var bytes: [UInt8] = []
        var charset: String?
        for (position, piece) in pieces.sorted(by: { $0.number < $1.number }).enumerated() {
            var content = piece.bytes[...]
            if position == 0, piece.isEncoded {
                let quoted = content.split(separator: 0x27, maxSplits: 2, omittingEmptySubsequences: false)
                if quoted.count == 3 {
                    charset = String(decoding: quoted[0], as: UTF8.self)
                    content = quoted[2]
                }
            }
            bytes += piece.isEncoded ? percentDecoded(content) : Array(content)
        }
        return Charset.decode(bytes[...], name: charset)
    }

    private static func percentDecoded(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var decoded: [UInt8] = []
        var index = bytes.startIndex
        while index < bytes.endIndex {
            if bytes[index] == .percent, index + 2 < bytes.endIndex,
                let high = bytes[index + 1].hexadecimalValue,
                let low = bytes[index + 2].hexadecimalValue
            {
                decoded.append(high << 4 | low)
                index += 3
            } else {
                decoded.append(bytes[index])
                index += 1
            }
        }
        return decoded
    }

    /// The value for a header, not yet folded: tokens plain, other ASCII quoted, the rest by RFC 2231 in
    /// pieces that fit on a line.
    package var headerValue: String {
        ([value] + parameters.flatMap { Self.encoded($0) }).joined(separator: "; ")
    }

    private static func encoded(_ parameter: Parameter) -> [String] {
        let bytes = Array(parameter.value.utf8)
        if parameter.value.readsBackQuoted {
            // RFC 2231 §7 gives three of the characters of a token a meaning.
            let isToken = !bytes.isEmpty && bytes.allSatisfy { $0.isTokenText && !"*'%".utf8.contains($0) }
            return ["\(parameter.name)=\(isToken ? parameter.value : QuotedString.encode(parameter.value))"]
        }
        // No scalar is cut in two: some readers decode piece by piece.
        var chunks: [String] = []
        var chunk = "UTF-8''"
        for scalar in parameter.value.unicodeScalars {
            let encoded: [UInt8] = .escaped(String(scalar).utf8, by: .percent) { byte in
                byte.isLetterOrDigit || byte == .hyphen || byte == .dot || byte == .underscore
            }
            if chunk.utf8.count + encoded.count > 60 {
                chunks.append(chunk)
                chunk = ""
            }
            chunk += String(decoding: encoded, as: UTF8.self)
        }
        if !chunk.isEmpty { chunks.append(chunk) }
        guard chunks.count > 1 else { return chunks.map { "\(parameter.name)*=\($0)" } }
        return chunks.enumerated().map { "\(parameter.name)*\($0.offset)*=\($0.element)" }
    }
}

/// Reads `value; name=value; name="value"`.
private struct ParameterCursor {
    private let bytes: ArraySlice<UInt8>
    private var index: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        index = bytes.startIndex
    }

    mutating func value() -> String {
        let end = bytes.firstIndex(of: .semicolon) ?? bytes.endIndex
        defer { index = end }
        // A comment may stand behind the value, or parameters whose semicolon was forgotten.
        let text = bytes[..<end].trimmingBlanks().prefix { $0 != .openParenthesis && !$0.isBlank }
        return String(decoding: text, as: UTF8.self).lowercased()
    }

    /// The next parameter; nil at the end.
    mutating func parameter() -> (name: String, value: [UInt8])? {
        while index < bytes.endIndex {
            guard let semicolon = bytes[index...].firstIndex(of: .semicolon) else { return nil }
            index = semicolon + 1
            skipBlanks()
            let start = index
            while index < bytes.endIndex, bytes[index].isTokenText { index += 1 }
            let name = bytes[start..<index]
            skipBlanks()
            guard !name.isEmpty, name.count <= 64, index < bytes.endIndex, bytes[index] == .equals else {
                continue
            }
            index += 1
            skipBlanks()
            let value = index < bytes.endIndex && bytes[index] == .quote ? quoted() : token()
            return (String(decoding: name, as: UTF8.self).lowercased(), value)
        }
        return nil
    }

    private mutating func skipBlanks() {
        while index < bytes.endIndex, bytes[index].isBlank { index += 1 }
    }

    /// Many writers leave names with spaces unquoted, so a value reaches to the semicolon.
    private mutating func token() -> [UInt8] {
        let start = index
        while index < bytes.endIndex, bytes[index] != .semicolon { index += 1 }
        return Array(bytes[start..<index].trimmingBlanks())
    }

    private mutating func quoted() -> [UInt8] {
        var content: [UInt8] = []
        index += 1
        while index < bytes.endIndex, bytes[index] != .quote {
            if bytes[index] == .backslash, index + 1 < bytes.endIndex { index += 1 }
            content.append(bytes[index])
            index += 1
        }
        if index < bytes.endIndex { index += 1 }
        return content
    }
}
