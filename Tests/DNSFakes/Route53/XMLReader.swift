/// Reads a small XML document: elements, attributes (dropped, except the root's `xmlns`), text, the five
/// named entities and numeric references. No comments, no CDATA, no document type.
struct XMLReader {
    /// Why a document was not read; only that it was not matters to a caller.
    struct Malformed: Error {}

    private static let maxDepth = 16
    private var rest: ArraySlice<UInt8>
    private var namespace: String?

    /// The root and its namespace.
    static func read(_ bytes: [UInt8]) throws(Malformed) -> (root: XMLElement, namespace: String?) {
        guard String(validating: bytes, as: UTF8.self) != nil else { throw Malformed() }
        var reader = XMLReader(rest: bytes[...])
        if reader.starts("<?xml") {
            guard let end = bytes.firstIndex(of: UInt8(ascii: ">")) else { throw Malformed() }
            reader.rest = bytes[(end + 1)...]
        }
        reader.skipSpace()
        let root = try reader.element(depth: 0)
        reader.skipSpace()
        guard reader.rest.isEmpty else { throw Malformed() }
        return (root, reader.namespace)
    }

    private mutating func element(depth: Int) throws(Malformed) -> XMLElement {
        guard depth < Self.maxDepth, rest.popFirst() == UInt8(ascii: "<") else { throw Malformed() }
        let name = try word()
        var element = XMLElement(name, text: "")
        while true {
            skipSpace()
            if starts("/>") {
                rest = rest.dropFirst(2)
                return element
            }
            if starts(">") { break }
            try attribute(isRoot: depth == 0)
        }
        rest = rest.dropFirst()
        var text: [UInt8] = []
        while !starts("</") {
            guard let byte = rest.first else { throw Malformed() }
            if byte == UInt8(ascii: "<") {
                element.children.append(try self.element(depth: depth + 1))
            } else if byte == UInt8(ascii: "&") {
                text += try reference()
            } else {
                text.append(byte)
                rest = rest.dropFirst()
            }
        }
        rest = rest.dropFirst(2)
        guard try word() == name else { throw Malformed() }
        skipSpace()
        guard rest.popFirst() == UInt8(ascii: ">") else { throw Malformed() }
        // White space between elements is no text.
        if element.children.isEmpty { element.text = String(decoding: text, as: UTF8.self) }
        return element
    }

    private mutating func attribute(isRoot: Bool) throws(Malformed) {
        let name = try word()
        guard rest.popFirst() == UInt8(ascii: "="), let quote = rest.popFirst(),
            quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'"), let end = rest.firstIndex(of: quote)
        else { throw Malformed() }
        if isRoot, name == "xmlns" { namespace = String(decoding: rest[..<end], as: UTF8.self) }
        rest = rest[(end + 1)...]
    }

    /// `&name;` or `&#n;` or `&#xh;`.
    private mutating func reference() throws(Malformed) -> [UInt8] {
        guard let end = rest.prefix(12).firstIndex(of: UInt8(ascii: ";")) else { throw Malformed() }
        let name = String(decoding: rest[(rest.startIndex + 1)..<end], as: UTF8.self)
        rest = rest[(end + 1)...]
        let named: [String: Unicode.Scalar] = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'"]
        if let scalar = named[name] { return Array(String(scalar).utf8) }
        guard name.hasPrefix("#") else { throw Malformed() }
        let digits = name.dropFirst()
        let value = digits.hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        guard let value, value != 0, let scalar = Unicode.Scalar(value) else { throw Malformed() }
        return Array(String(scalar).utf8)
    }

    private mutating func word() throws(Malformed) -> String {
        let word = rest.prefix { byte in
            byte > 0x20 && !"<>/=\"'&!?".utf8.contains(byte)
        }
        guard !word.isEmpty else { throw Malformed() }
        rest = rest[word.endIndex...]
        return String(decoding: word, as: UTF8.self)
    }

    private func starts(_ text: String) -> Bool { rest.starts(with: text.utf8) }

    private mutating func skipSpace() {
        rest = rest.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
    }

    private init(rest: ArraySlice<UInt8>) { self.rest = rest }
}
