/// Many values of one column, bound as an array of PostgreSQL in which any of them may be NULL.
///
/// Rows are handed to the server as their columns (`FROM unnest($1, $2, …)`): that is one statement for any
/// number of rows, and the server reads it many times faster than the same rows as JSON.
package struct PostgresColumn<Element: PostgresArrayElement>: PostgresEncodable {
    private let values: [Element?]

    package init(_ values: [Element?]) { self.values = values }

    package static var postgresType: PostgresType { Element.arrayType }

    /// As `encodeArray`, with a length of -1 and nothing behind it for NULL.
    package var postgresValue: PostgresParameter.Value {
        guard let length = Int32(exactly: values.count) else { return .invalid("array is too long") }
        let elementOID =
            Element.postgresType.oid == 0 ? PostgresType.text.oid : Element.postgresType.oid
        var bytes: [UInt8] = []
        bytes.reserveCapacity(20 + values.count * 16)
        bytes += bigEndianBytes(Int32(length == 0 ? 0 : 1)) + bigEndianBytes(Int32(1))
        bytes += bigEndianBytes(elementOID)
        if length > 0 { bytes += bigEndianBytes(length) + bigEndianBytes(Int32(1)) }
        for value in values {
            switch value?.postgresValue ?? .null {
            case .null: bytes += bigEndianBytes(Int32(-1))
            case .invalid(let reason): return .invalid(reason)
            case .bytes(let content):
                guard let count = Int32(exactly: content.count) else {
                    return .invalid("array element is too long")
                }
                bytes += bigEndianBytes(count)
                bytes += content
            }
        }
        return .bytes(bytes)
    }
}
