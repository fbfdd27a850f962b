/// Header fields in the order they came, names compared without case, several fields of one name kept apart.
///
/// The fields stay as bytes: those of a request are ranges of the head as it was received, those of a
/// response are lines ready to be sent. Strings are made when a value is asked for. Looking a name up walks
/// the list, which for the usual ten to twenty fields is quicker than hashing.
package struct HTTPHeaders: Sendable, ExpressibleByDictionaryLiteral {
    struct Field: Sendable {
        let name: Range<Int>
        let value: Range<Int>
    }

    private(set) var bytes: [UInt8]
    private(set) var fields: [Field]

    package init() {
        bytes = []
        fields = []
    }

    init(bytes: [UInt8], fields: [Field]) {
        self.bytes = bytes
        self.fields = fields
    }

    package init(dictionaryLiteral elements: (String, String)...) {
        self.init()
        for (name, value) in elements { append(name, value) }
    }

    package var count: Int { fields.count }
    package var isEmpty: Bool { fields.isEmpty }

    /// The first value of that name. Setting replaces every field of the name; nil removes them.
    package subscript(_ name: String) -> String? {
        get { valueBytes(name).map { String(decoding: $0, as: UTF8.self) } }
        set {
            remove(name)
            if let newValue { append(name, newValue) }
        }
    }

    /// The first value of that name as it was received, without spaces around it.
    package func valueBytes(_ name: String) -> ArraySlice<UInt8>? {
        for field in fields where ASCII.equalsIgnoringCase(bytes, field.name, name) {
            return bytes[field.value]
        }
        return nil
    }

    /// Every value of that name, one for each field, in order.
    package func values(_ name: String) -> [String] {
        var found: [String] = []
        for field in fields where ASCII.equalsIgnoringCase(bytes, field.name, name) {
            found.append(String(decoding: bytes[field.value], as: UTF8.self))
        }
        return found
    }

    package func contains(_ name: String) -> Bool { valueBytes(name) != nil }

    /// Adds a field behind the others. A byte that would end the line or is no part of a name or value is
    /// replaced (`-` in names, a space in values), so no text from outside can add a second field.
    package mutating func append(_ name: String, _ value: String) {
        let needed = bytes.count + name.utf8.count + value.utf8.count + 4
        if needed > bytes.capacity { bytes.reserveCapacity(max(needed, 2 * bytes.capacity, 512)) }
        if fields.isEmpty { fields.reserveCapacity(8) }
        let nameRange = put(name, unless: ASCII.isToken, UInt8(ascii: "-"))
        bytes.append(ASCII.colon)
        bytes.append(ASCII.space)
        let valueRange = put(value, unless: ASCII.isFieldValue, ASCII.space)
        fields.append(Field(name: nameRange, value: valueRange))
        bytes.append(ASCII.carriageReturn)
        bytes.append(ASCII.lineFeed)
    }

    @inline(__always)
    private mutating func put(
        _ text: String, unless isAllowed: (UInt8) -> Bool, _ replacement: UInt8
    ) -> Range<Int> {
        let start = bytes.count
        bytes.append(contentsOf: text.utf8)
        for index in start..<bytes.count where !isAllowed(bytes[index]) { bytes[index] = replacement }
        return start..<bytes.count
    }

    /// Adds all fields of `other` behind these.
    package mutating func append(contentsOf other: HTTPHeaders) {
        for (name, value) in other.all { append(name, value) }
    }

    package mutating func remove(_ name: String) {
        guard contains(name) else { return }
        var kept = HTTPHeaders()
        for field in fields where !ASCII.equalsIgnoringCase(bytes, field.name, name) {
            kept.append(text(field.name), text(field.value))
        }
        self = kept
    }

    /// Name and value of every field, in order.
    package var all: [(name: String, value: String)] { fields.map { (text($0.name), text($0.value)) } }

    private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
}
