/// Comma-separated values (RFC 4180), as spreadsheets write and read them.
enum CSV {
    struct Malformation: Error, Equatable {
        /// From 1.
        let line: Int
        let reason: String
    }

    /// The rows with the lines where they begin; empty lines are left out.
    ///
    /// Accepts CRLF, LF and CR at the ends of lines, and a byte order mark before the first. Nothing is kept
    /// beyond the limits: a file of commas takes no more memory than one of text.
    static func rows(
        _ bytes: [UInt8], maxRows: Int, maxFields: Int
    ) throws(Malformation) -> [(line: Int, fields: [String])] {
        var rest = bytes[...]
        if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
        var rows: [(line: Int, fields: [String])] = []
        var line = 1
        while !rest.isEmpty {
            let start = line
            var fields: [String] = []
            var isMore = true
            while isMore {
                guard fields.count < maxFields else {
                    throw Malformation(line: line, reason: "has more than \(maxFields) fields")
                }
                fields.append(try field(&rest, &line, &isMore))
            }
            guard fields != [""] else { continue }
            guard rows.count < maxRows else {
                throw Malformation(line: start, reason: "is one too many: \(maxRows) are the limit")
            }
            rows.append((start, fields))
        }
        return rows
    }

    /// A field as it is printed: quoted where needed, and harmless to spreadsheets that run what begins with
    /// `=`.
    static func printed(_ text: String) -> String {
        let isFormula = text.utf8.first.map { Array("=+-@\t\r".utf8).contains($0) } ?? false
        let safe = isFormula ? "'" + text : text
        guard safe.utf8.contains(where: { $0 == 0x2C || $0 == 0x22 || $0 == 0x0A || $0 == 0x0D }) else {
            return safe
        }
        return "\"" + safe.replacing("\"", with: "\"\"") + "\""
    }

    private static func field(
        _ rest: inout ArraySlice<UInt8>, _ line: inout Int, _ isMore: inout Bool
    ) throws(Malformation) -> String {
        var content: [UInt8] = []
        if rest.first == 0x22 {
            content = try quoted(&rest, &line)
        } else {
            while let byte = rest.first, byte != 0x2C, byte != 0x0A, byte != 0x0D {
                content.append(byte)
                rest.removeFirst()
            }
        }
        isMore = try end(&rest, &line)
        guard let text = String(validating: content, as: UTF8.self) else {
            throw Malformation(line: line, reason: "is not UTF-8")
        }
        return text
    }

    private static func quoted(_ rest: inout ArraySlice<UInt8>, _ line: inout Int) throws(Malformation)
        -> [UInt8]
    {
        let start = line
        var content: [UInt8] = []
        rest.removeFirst()
        while let byte = rest.popFirst() {
            if byte == 0x22 {
                guard rest.first == 0x22 else { return content }
                rest.removeFirst()
            }
            if byte == 0x0A { line += 1 }
            content.append(byte)
        }
        throw Malformation(line: start, reason: "has a quotation mark that is not closed")
    }

    /// Takes the comma or the end of the line; whether another field follows.
    private static func end(_ rest: inout ArraySlice<UInt8>, _ line: inout Int) throws(Malformation) -> Bool {
        guard let byte = rest.popFirst() else { return false }
        switch byte {
        case 0x2C: return true
        case 0x0D: if rest.first == 0x0A { rest.removeFirst() }
        case 0x0A: break
        default: throw Malformation(line: line, reason: "has text behind a quoted field")
        }
        line += 1
        return false
    }
}
