/// Where one header field stands in a message, and its name.
package struct HeaderField: Hashable, Sendable {
    /// As written.
    package let name: String
    /// The whole field with its CRLF.
    package let range: Range<Int>
    /// What stands behind the colon, folded, without the last CRLF.
    package let valueRange: Range<Int>

    package func isNamed(_ other: String) -> Bool { name.isEqualIgnoringCase(other) }

    /// Writes a field: `Name: value`, folded at spaces to lines of 78 bytes where that is possible and never
    /// past 998, CRLF at the end. Text that is not ASCII becomes encoded-words.
    ///
    /// - Throws: `.badFieldName`, `.controlCharacter` for CR, LF or NUL, `.valueTooLong`.
    package static func encode(name: String, value: String) throws(HeaderError) -> [UInt8] {
        if value.isASCII { return try encode(name: name, structured: value) }
        let words = EncodedWord.encode(
            value, firstRoomBytes: HeaderFolder.wantedLineBytes - name.utf8.count - 2)
        return try encode(name: name, structured: words.joined(separator: " "))
    }

    /// Writes a field whose value is already in its form for the wire; UTF-8 stays (RFC 6532).
    package static func encode(name: String, structured value: String) throws(HeaderError) -> [UInt8] {
        var output: [UInt8] = []
        try append(name: name, structured: value, to: &output)
        return output
    }

    /// The same at the end of `output`, which is of no use when it throws.
    static func append(
        name: String, structured value: String, to output: inout [UInt8]
    ) throws(HeaderError) {
        guard isValidName(name) else { throw .badFieldName(name) }
        guard !value.utf8.contains(where: { $0 == 0 || $0 == .lineFeed || $0 == .carriageReturn }) else {
            throw .controlCharacter(field: name)
        }
        var value = value
        let fits = value.withUTF8 { HeaderFolder.fold(name: name, value: $0, into: &output) }
        guard fits else { throw .valueTooLong(field: name) }
    }

    /// RFC 5322 §3.6.8, at most 76 bytes.
    package static func isValidName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 76 && name.utf8.allSatisfy(\.isFieldNameText)
    }
}
