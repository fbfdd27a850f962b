/// A request type whose fields are the same whatever is in them, as those of every synthesised `init(from:)`
/// are. Its requests are held against a table while they are scanned, which costs a third of recording what
/// the type asks for.
package protocol TabledFields: Decodable {
    /// To be a `static let`, made of the type's own `CodingKeys`: the compiler sees to it that they are the
    /// stored properties, each of them.
    static var fields: FieldTable { get }
}

/// The names of the fields that a type knows, and what may be inside their values.
package final class FieldTable: Sendable {
    /// What objects may stand in a value, itself or as elements of a list.
    package enum Inside: Sendable {
        /// None: values and lists of values.
        case nothing
        /// None, and a `LongText` where it is a text.
        case longText
        /// Such with any fields.
        case anything
        case fields(FieldTable)
    }

    private let rows: [(name: [UInt8], inside: Inside)]

    /// - Parameters:
    ///   - long: fields of the type `LongText`.
    ///   - open: fields that hold an object with any keys.
    ///   - inner: fields that hold an object, or a list of objects, with fields of their own.
    package init<Key: CodingKey & CaseIterable & Hashable>(
        _ keys: Key.Type, long: Set<Key> = [], open: Set<Key> = [], inner: [Key: FieldTable] = [:]
    ) {
        rows = keys.allCases.map { key in
            var inside: Inside = inner[key].map { .fields($0) } ?? .nothing
            if long.contains(key) { inside = .longText }
            if open.contains(key) { inside = .anything }
            return (Array(key.stringValue.utf8), inside)
        }
    }

    /// What may be inside the field; nil when there is no such field.
    func inside(_ name: ArraySlice<UInt8>) -> Inside? {
        for row in rows where row.name.count == name.count && row.name.elementsEqual(name) {
            return row.inside
        }
        return nil
    }
}
