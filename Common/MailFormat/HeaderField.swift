import Bytes

/// Where one header field stands in a message, and its name.
package struct HeaderField: Hashable, Sendable {
    /// As written.
    package let name: String
    /// Which of the fields it is that are looked for in every message.
    package let standard: StandardField?
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
        var (name, value) = (name, value)
        let problem = name.withUTF8 { name in value.withUTF8 { append(name, $0, to: &output) } }
        if let problem { throw problem }
    }

    /// The same with a name of this program.
    static func append(
        ownName name: StaticString, structured value: String, to output: inout [UInt8]
    ) throws(HeaderError) {
        var value = value
        let problem = name.withUTF8Buffer { name in value.withUTF8 { append(name, $0, to: &output) } }
        if let problem { throw problem }
    }

    private static func append(
        _ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]
    ) -> HeaderError? {
        guard !hasLineEndOrNUL(value) else {
            return .controlCharacter(field: String(decoding: name, as: UTF8.self))
        }
        guard HeaderFolder.fold(name: name, value: value, into: &output) else {
            return .valueTooLong(field: String(decoding: name, as: UTF8.self))
        }
        return nil
    }

    private static func hasLineEndOrNUL(_ value: UnsafeBufferPointer<UInt8>) -> Bool {
        var index = 0
        while true {
            index = ByteRun.ofText(value, from: index, to: value.count, except: 0, 0)
            guard index < value.count else { return false }
            if value[index] == 0 || value[index] == .lineFeed || value[index] == .carriageReturn {
                return true
            }
            index += 1
        }
    }

    /// RFC 5322 §3.6.8, at most 76 bytes.
    package static func isValidName(_ name: String) -> Bool {
        name.withBytes { (1...76).contains($0.count) && $0.allSatisfy(\.isFieldNameText) }
    }
}
