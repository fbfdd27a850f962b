import FoundationEssentials

/// A value that is not null, as the server sent it: always in binary form.
package struct PostgresCell {
    /// The object id of the type.
    let type: UInt32
    let bytes: ArraySlice<UInt8>

    init(type: UInt32, bytes: ArraySlice<UInt8>) {
        self.type = type
        self.bytes = bytes
    }

    func isNot(_ expected: String) -> CellError { CellError("has type \(type), not \(expected)") }
}

/// Why a cell cannot become a value of the wanted type; the row adds the column's name. Holds no data.
package struct CellError: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
}

/// A Swift value that a column can be read as.
package protocol PostgresDecodable: Sendable {
    init(_ cell: PostgresCell) throws(CellError)
    /// What SQL's NULL becomes; throws unless the type is optional.
    static func null() throws(CellError) -> Self
}

extension PostgresDecodable {
    package static func null() throws(CellError) -> Self { throw CellError("is null") }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    package init(_ cell: PostgresCell) throws(CellError) { self = .some(try Wrapped(cell)) }
    package static func null() throws(CellError) -> Self { .none }
}

/// Object ids of the types that are read but never bound.
enum ReadOnlyType {
    static let char: UInt32 = 18
    static let name: UInt32 = 19
    static let oid: UInt32 = 26
    static let json: UInt32 = 114
    static let cidr: UInt32 = 650
    static let real: UInt32 = 700
    static let inet: UInt32 = 869
    static let paddedChar: UInt32 = 1042
    static let varchar: UInt32 = 1043
    static let date: UInt32 = 1082
    static let timestamp: UInt32 = 1114
    static let numeric: UInt32 = 1700
    /// Ids from here on belong to the database's own types. Those of the schema are enums and domains over
    /// text.
    static let firstOfDatabase: UInt32 = 16384
}

extension String: PostgresDecodable {
    /// Text of any kind, enums, JSON as its text, and UUIDs and network addresses in their canonical form.
    package init(_ cell: PostgresCell) throws(CellError) {
        switch cell.type {
        case PostgresType.text.oid, ReadOnlyType.varchar, ReadOnlyType.name, ReadOnlyType.paddedChar,
            ReadOnlyType.char, ReadOnlyType.json, ReadOnlyType.firstOfDatabase...:
            self = String(decoding: cell.bytes, as: UTF8.self)
        case PostgresType.jsonb.oid: self = String(decoding: cell.bytes.dropFirst(), as: UTF8.self)
        case PostgresType.uuid.oid: self = try UUID(cell).uuidString.lowercased()
        case ReadOnlyType.inet, ReadOnlyType.cidr: self = try NetworkAddressText.decode(cell)
        default: throw cell.isNot("text")
        }
    }
}

extension Bool: PostgresDecodable {
    package init(_ cell: PostgresCell) throws(CellError) {
        guard cell.type == PostgresType.bool.oid, let byte = cell.bytes.first else {
            throw cell.isNot("boolean")
        }
        self = byte != 0
    }
}

extension Int64: PostgresDecodable {
    /// Every integer type, and `numeric` when it is whole: `sum()` and `count()` alike.
    package init(_ cell: PostgresCell) throws(CellError) {
        var reader = CellReader(cell.bytes)
        switch cell.type {
        case PostgresType.bigint.oid: self = try reader.integer(Int64.self)
        case PostgresType.integer.oid: self = Int64(try reader.integer(Int32.self))
        case PostgresType.smallint.oid: self = Int64(try reader.integer(Int16.self))
        case ReadOnlyType.oid: self = Int64(try reader.integer(UInt32.self))
        case ReadOnlyType.numeric: self = try Numeric(&reader).whole()
        default: throw cell.isNot("an integer")
        }
    }
}

extension PostgresDecodable where Self: FixedWidthInteger {
    /// Any integer column whose value fits.
    package init(_ cell: PostgresCell) throws(CellError) {
        guard let value = Self(exactly: try Int64(cell)) else { throw CellError("does not fit \(Self.self)") }
        self = value
    }
}

extension Int: PostgresDecodable {}
extension Int32: PostgresDecodable {}
extension Int16: PostgresDecodable {}
extension UInt16: PostgresDecodable {}
extension UInt32: PostgresDecodable {}
extension UInt64: PostgresDecodable {}

extension Double: PostgresDecodable {
    package init(_ cell: PostgresCell) throws(CellError) {
        var reader = CellReader(cell.bytes)
        switch cell.type {
        case PostgresType.double.oid: self = Double(bitPattern: try reader.integer(UInt64.self))
        case ReadOnlyType.real: self = Double(Float(bitPattern: try reader.integer(UInt32.self)))
        case ReadOnlyType.numeric: self = try Numeric(&reader).double()
        default: self = Double(try Int64(cell))
        }
    }
}

extension UUID: PostgresDecodable {
    package init(_ cell: PostgresCell) throws(CellError) {
        guard cell.type == PostgresType.uuid.oid, cell.bytes.count == 16 else { throw cell.isNot("uuid") }
        var value = UUID().uuid
        withUnsafeMutableBytes(of: &value) { $0.copyBytes(from: cell.bytes) }
        self = UUID(uuid: value)
    }
}

extension Date: PostgresDecodable {
    /// `timestamptz`, and `date` as its midnight in UTC. The infinities are refused.
    package init(_ cell: PostgresCell) throws(CellError) {
        var reader = CellReader(cell.bytes)
        let seconds: Double
        switch cell.type {
        case PostgresType.timestamptz.oid, ReadOnlyType.timestamp:
            let microseconds = try reader.integer(Int64.self)
            guard microseconds != .max, microseconds != .min else { throw CellError("is infinite") }
            seconds = Double(microseconds) / 1_000_000
        case ReadOnlyType.date:
            let days = try reader.integer(Int32.self)
            guard days != .max, days != .min else { throw CellError("is infinite") }
            seconds = Double(days) * 86_400
        default: throw cell.isNot("timestamptz")
        }
        self = Date(timeIntervalSinceReferenceDate: seconds - secondsFrom2000To2001)
    }
}

extension JSON: PostgresDecodable {
    package init(_ cell: PostgresCell) throws(CellError) {
        switch cell.type {
        case PostgresType.jsonb.oid: self.init(bytes: Array(cell.bytes.dropFirst()))
        case ReadOnlyType.json: self.init(bytes: Array(cell.bytes))
        default: throw cell.isNot("jsonb")
        }
    }
}
