import FoundationEssentials

/// A type whose arrays are bound as an array of PostgreSQL: `[String]` as `text[]`, `[UUID]` as `uuid[]`.
///
/// `[UInt8]` is the exception: its elements are not values but the bytes of one `bytea`.
package protocol PostgresArrayElement: PostgresEncodable, PostgresDecodable {
    static var arrayType: PostgresType { get }
    static func encodeArray(_ elements: [Self]) -> PostgresParameter.Value
    static func decodeArray(_ cell: PostgresCell) throws(CellError) -> [Self]
}

extension PostgresArrayElement {
    package static var arrayType: PostgresType {
        PostgresType(oid: postgresType.arrayOID, arrayOID: 0, isBinary: true)
    }

    /// The binary form of a one-dimensional array: dimensions, has-nulls, element type, length, lower bound,
    /// then each element with its length (`array_send` of the server).
    package static func encodeArray(_ elements: [Self]) -> PostgresParameter.Value {
        guard let length = Int32(exactly: elements.count) else { return .invalid("array is too long") }
        let elementOID = postgresType.oid == 0 ? PostgresType.text.oid : postgresType.oid
        var bytes =
            bigEndianBytes(Int32(length == 0 ? 0 : 1)) + bigEndianBytes(Int32(0)) + bigEndianBytes(elementOID)
        if length > 0 { bytes += bigEndianBytes(length) + bigEndianBytes(Int32(1)) }
        for element in elements {
            switch element.postgresValue {
            case .null: return .invalid("array holds a null")
            case .invalid(let reason): return .invalid(reason)
            case .bytes(let value):
                guard let count = Int32(exactly: value.count) else {
                    return .invalid("array element is too long")
                }
                bytes += bigEndianBytes(count)
                bytes += value
            }
        }
        return .bytes(bytes)
    }

    package static func decodeArray(_ cell: PostgresCell) throws(CellError) -> [Self] {
        var reader = CellReader(cell.bytes)
        let dimensions = try reader.integer(Int32.self)
        _ = try reader.integer(Int32.self)
        let elementOID = try reader.integer(UInt32.self)
        guard dimensions != 0 else { return [] }
        guard dimensions == 1 else { throw CellError("array has \(dimensions) dimensions") }
        let count = try reader.integer(Int32.self)
        _ = try reader.integer(Int32.self)
        var elements: [Self] = []
        for _ in 0..<max(0, count) {
            let length = try reader.integer(Int32.self)
            guard length >= 0 else { throw CellError("array holds a null") }
            elements.append(try Self(PostgresCell(type: elementOID, bytes: try reader.take(Int(length)))))
        }
        return elements
    }
}

extension String: PostgresArrayElement {}
extension Bool: PostgresArrayElement {}
extension Int: PostgresArrayElement {}
extension Int64: PostgresArrayElement {}
extension Int32: PostgresArrayElement {}
extension Int16: PostgresArrayElement {}
extension Double: PostgresArrayElement {}
extension UUID: PostgresArrayElement {}
extension Date: PostgresArrayElement {}

extension UInt8: PostgresArrayElement {
    package static var postgresType: PostgresType { .bytea }
    package static var arrayType: PostgresType { .bytea }
    package var postgresValue: PostgresParameter.Value { .bytes([self]) }
    package static func encodeArray(_ elements: [UInt8]) -> PostgresParameter.Value { .bytes(elements) }

    package init(_ cell: PostgresCell) throws(CellError) {
        guard cell.type == PostgresType.bytea.oid, cell.bytes.count == 1, let byte = cell.bytes.first else {
            throw CellError("is not one byte")
        }
        self = byte
    }

    package static func decodeArray(_ cell: PostgresCell) throws(CellError) -> [UInt8] {
        guard cell.type == PostgresType.bytea.oid else { throw cell.isNot("bytea") }
        return Array(cell.bytes)
    }
}

/// Several byte strings are bound as `bytea[]`.
extension Array: PostgresEncodable where Element: PostgresArrayElement {
    package static var postgresType: PostgresType { Element.arrayType }
    package var postgresValue: PostgresParameter.Value { Element.encodeArray(self) }
}

extension Array: PostgresDecodable where Element: PostgresArrayElement {
    package init(_ cell: PostgresCell) throws(CellError) { self = try Element.decodeArray(cell) }
}
