import FoundationEssentials

extension String: PostgresEncodable {
    package static var postgresType: PostgresType { .inferred }

    /// PostgreSQL's text cannot hold a zero byte, and libpq would cut the value at it.
    package var postgresValue: PostgresParameter.Value {
        var copy = self
        let hasZero = copy.withUTF8 { bytes in bytes.contains(0) }
        return hasZero ? .invalid("text holds a zero byte") : .bytes(Array(copy.utf8))
    }
}

extension Bool: PostgresEncodable {
    package static var postgresType: PostgresType { .bool }
    package var postgresValue: PostgresParameter.Value { .bytes([self ? 1 : 0]) }
}

extension Int: PostgresEncodable {
    package static var postgresType: PostgresType { .bigint }
    package var postgresValue: PostgresParameter.Value { Int64(self).postgresValue }
}

extension Int64: PostgresEncodable {
    package static var postgresType: PostgresType { .bigint }
    package var postgresValue: PostgresParameter.Value { .bytes(bigEndianBytes(UInt64(bitPattern: self))) }
}

extension Int32: PostgresEncodable {
    package static var postgresType: PostgresType { .integer }
    package var postgresValue: PostgresParameter.Value { .bytes(bigEndianBytes(UInt32(bitPattern: self))) }
}

extension Int16: PostgresEncodable {
    package static var postgresType: PostgresType { .smallint }
    package var postgresValue: PostgresParameter.Value { .bytes(bigEndianBytes(UInt16(bitPattern: self))) }
}

extension UInt16: PostgresEncodable {
    package static var postgresType: PostgresType { .integer }
    package var postgresValue: PostgresParameter.Value { Int32(self).postgresValue }
}

extension UInt64: PostgresEncodable {
    package static var postgresType: PostgresType { .bigint }
    package var postgresValue: PostgresParameter.Value {
        guard let value = Int64(exactly: self) else { return .invalid("number is larger than a bigint") }
        return value.postgresValue
    }
}

extension Double: PostgresEncodable {
    package static var postgresType: PostgresType { .double }
    package var postgresValue: PostgresParameter.Value { .bytes(bigEndianBytes(bitPattern)) }
}

extension UUID: PostgresEncodable {
    package static var postgresType: PostgresType { .uuid }
    package var postgresValue: PostgresParameter.Value { withUnsafeBytes(of: uuid) { .bytes(Array($0)) } }
}

extension Date: PostgresEncodable {
    package static var postgresType: PostgresType { .timestamptz }

    /// Microseconds since 2000-01-01 UTC.
    package var postgresValue: PostgresParameter.Value {
        let microseconds = ((timeIntervalSinceReferenceDate + secondsFrom2000To2001) * 1_000_000).rounded()
        guard let whole = Int64(exactly: microseconds), whole != .max, whole != .min else {
            return .invalid("date is out of range")
        }
        return whole.postgresValue
    }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    package static var postgresType: PostgresType { Wrapped.postgresType }
    package var postgresValue: PostgresParameter.Value { self?.postgresValue ?? .null }
}

/// A JSON document for a `jsonb` column.
package struct JSON: PostgresEncodable, Equatable {
    package let bytes: [UInt8]

    /// Throws what `JSONEncoder` throws. Dates are written as RFC 3339.
    package init(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        bytes = Array(try encoder.encode(value))
    }

    /// Takes a document that is JSON already; the server refuses it when it is not.
    package init(bytes: [UInt8]) { self.bytes = bytes }

    package static var postgresType: PostgresType { .jsonb }

    /// A version byte, then the text. `\u0000` is the server's to refuse.
    package var postgresValue: PostgresParameter.Value { .bytes([1] + bytes) }
}

/// The reference date of Foundation is a (leap) year after that of PostgreSQL.
let secondsFrom2000To2001: Double = 31_622_400

func bigEndianBytes(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { Array($0) }
}
