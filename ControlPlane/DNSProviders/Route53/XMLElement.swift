/// An element of an XML document, in the little of XML that AWS answers in.
///
/// Elements, text, the five named entities and numeric references. Attributes are passed over. Refused are
/// document types, comments, CDATA and processing instructions other than the declaration: nothing that could
/// be expanded or fetched is ever read. Limits: 32 levels, 200,000 elements.
struct XMLElement: Sendable, Equatable {
    /// Without a namespace's prefix.
    let name: String
    /// The text right inside it, entities resolved.
    var text = ""
    var children: [XMLElement] = []

    static let maxDepth = 32
    static let maxElements = 200_000

    /// Why bytes are no such document.
    enum Malformation: Error { case unexpected, tooDeep, tooLarge, forbidden }

    /// The first child of a name.
    subscript(_ name: String) -> XMLElement? { children.first { $0.name == name } }

    func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

    /// The text of a child.
    func text(_ name: String) -> String? { self[name]?.text }

    init(name: String) { self.name = name }

    /// Reads a document.
    init(reading bytes: [UInt8]) throws(Malformation) {
        var parser = XMLParser(rest: bytes[...])
        self = try parser.document()
    }

    /// Text as it may stand between tags.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&apos;"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}

private struct XMLParser {
    var rest: ArraySlice<UInt8>
    private var elements = 0

    init(rest: ArraySlice<UInt8>) { self.rest = rest }

    mutating func document() throws(XMLElement.Malformation) -> XMLElement {
        if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
        skipSpace()
        if rest.starts(with: Array("<?xml".utf8)) {
            guard let end = rest.firstIndex(of: UInt8(ascii: ">")), end > rest.startIndex,
                rest[end - 1] == UInt8(ascii: "?")
            else { throw .unexpected }
            rest = rest[(end + 1)...]
        }
        skipSpace()
        guard rest.popFirst() == UInt8(ascii: "<") else { throw .unexpected }
        let root = try element(depth: 1)
        skipSpace()
        guard rest.isEmpty else { throw .unexpected }
        return root
    }

    /// From behind the `<` to behind the end tag.
    private mutating func element(depth: Int) throws(XMLElement.Malformation) -> XMLElement {
        guard depth <= XMLElement.maxDepth else { throw .tooDeep }
        elements += 1
        guard elements <= XMLElement.maxElements else { throw .tooLarge }
        if rest.first == UInt8(ascii: "!") || rest.first == UInt8(ascii: "?") { throw .forbidden }
        let name = try tagName()
        var element = XMLElement(name: Self.local(name))
        if try endsItself() { return element }
        var text: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "&"): text += try reference()
            case UInt8(ascii: "<"):
                guard rest.first == UInt8(ascii: "/") else {
                    element.children.append(try self.element(depth: depth + 1))
                    continue
                }
                rest.removeFirst()
                guard try tagName() == name else { throw .unexpected }
                skipSpace()
                guard rest.popFirst() == UInt8(ascii: ">") else { throw .unexpected }
                element.text = String(decoding: text, as: UTF8.self)
                return element
            default: text.append(byte)
            }
        }
        throw .unexpected
    }

    /// Passes over the attributes; whether the tag ends with `/>`.
    private mutating func endsItself() throws(XMLElement.Malformation) -> Bool {
        var quote: UInt8?
        while let byte = rest.popFirst() {
            if let open = quote {
                if byte == open { quote = nil }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "'"): quote = byte
            case UInt8(ascii: ">"): return false
            case UInt8(ascii: "/"):
                guard rest.popFirst() == UInt8(ascii: ">") else { throw .unexpected }
                return true
            case UInt8(ascii: "<"): throw .unexpected
            default: continue
            }
        }
        throw .unexpected
    }

    private mutating func tagName() throws(XMLElement.Malformation) -> [UInt8] {
        let name = Array(
            rest.prefix { byte in
                ProviderCredential.isWordByte(byte) || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
            })
        guard !name.isEmpty, name.count <= 256 else { throw .unexpected }
        rest = rest.dropFirst(name.count)
        return name
    }

    private static func local(_ name: [UInt8]) -> String {
        String(decoding: name.split(separator: UInt8(ascii: ":")).last ?? [], as: UTF8.self)
    }

    /// From behind the `&` to behind the `;`.
    private mutating func reference() throws(XMLElement.Malformation) -> [UInt8] {
        let word = rest.prefix(12).prefix { $0 != UInt8(ascii: ";") }
        rest = rest.dropFirst(word.count)
        guard rest.popFirst() == UInt8(ascii: ";") else { throw .unexpected }
        let name = String(decoding: word, as: UTF8.self)
        switch name {
        case "amp": return Array("&".utf8)
        case "lt": return Array("<".utf8)
        case "gt": return Array(">".utf8)
        case "quot": return Array("\"".utf8)
        case "apos": return Array("'".utf8)
        default: break
        }
        guard name.hasPrefix("#") else { throw .forbidden }
        let digits = name.dropFirst()
        let number = digits.hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        guard let number, number > 0, let scalar = UnicodeScalar(number) else { throw .unexpected }
        return Array(String(Character(scalar)).utf8)
    }

    private mutating func skipSpace() {
        rest = rest.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
    }
}
