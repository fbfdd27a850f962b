/// A request type whose fields are the same whatever is in them: its `init(from:)` is synthesised or made of
/// `KnownFields`. Its requests are held against a table while they are scanned, which costs a third of
/// recording what the type asks for.
package protocol TabledFields: Decodable {
    /// To be a `static let`, made of the type's own `CodingKeys`: the compiler sees to it that they are the
    /// stored properties, each of them.
    static var fields: FieldTable { get }
}

/// A list of such.
extension Array: TabledFields where Element: TabledFields {
    package static var fields: FieldTable { Element.fields }
}

/// The names of the fields that a type knows, and what may be inside their values.
package final class FieldTable: Sendable {
    /// What objects may stand in a value, itself or as elements of a list.
    package enum Inside: Sendable {
        /// None: values and lists of values.
        case nothing
        /// None, and a text that is read by `KnownFields.text`.
        case text
        /// None, and a `LongText` where it is a text.
        case longText
        /// None, and a text or a list of texts that is read by `KnownFields.list`.
        case oneOrList
        /// Such with any fields.
        case anything
        case fields(FieldTable)
    }

    private let rows: [(name: [UInt8], inside: Inside)]

    /// - Parameters:
    ///   - texts: fields that are read by `KnownFields.text`.
    ///   - lists: fields that are read by `KnownFields.list`.
    ///   - long: fields of the type `LongText`.
    ///   - open: fields that hold an object with any keys.
    ///   - inner: fields that hold an object, or a list of objects, with fields of their own.
    package init<Key: CodingKey & CaseIterable & Hashable>(
        _ keys: Key.Type, texts: Set<Key> = [], lists: Set<Key> = [], long: Set<Key> = [],
        open: Set<Key> = [], inner: [Key: FieldTable] = [:]
    ) {
        rows = keys.allCases.map { key in
            var inside: Inside = inner[key].map { .fields($0) } ?? .nothing
            if texts.contains(key) { inside = .text }
            if lists.contains(key) { inside = .oneOrList }
            if long.contains(key) { inside = .longText }
            if open.contains(key) { inside = .anything }
            return (Array(key.stringValue.utf8), inside)
        }
    }

    /// The fields of both, of which none has a name of the other's: of an object that two types read.
    package init(_ one: FieldTable, and other: FieldTable) { rows = one.rows + other.rows }

    /// The place of the field among the keys, and what may be inside it; nil when there is no such field.
    func field(_ name: ArraySlice<UInt8>) -> (place: Int, inside: Inside)? {
        for (place, row) in rows.enumerated()
        where row.name.count == name.count && row.name.elementsEqual(name) {
            return (place, row.inside)
        }
        return nil
    }
}
