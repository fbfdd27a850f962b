import CPostgres
import FoundationEssentials

/// The rows that a statement gave, in order, and how many it changed.
///
/// Owns libpq's result, which is never changed once it is complete: that is why sharing it between threads is
/// safe. A row keeps its result alive.
package final class PostgresRows: @unchecked Sendable, RandomAccessCollection {
    private let result: OpaquePointer
    private let columns: [String: Int32]
    package let count: Int

    init(_ result: OpaquePointer) {
        self.result = result
        count = Int(PQntuples(result))
        var columns: [String: Int32] = [:]
        for index in 0..<PQnfields(result) {
            guard let name = PQfname(result, index) else { continue }
            columns[String(cString: name)] = index
        }
        self.columns = columns
    }

    deinit { PQclear(result) }

    package var startIndex: Int { 0 }
    package var endIndex: Int { count }

    package subscript(position: Int) -> PostgresRow {
        precondition(position >= 0 && position < count, "row \(position) of \(count)")
        return PostgresRow(rows: self, index: Int32(position))
    }

    /// Rows inserted, updated, deleted or selected, as the server counted them.
    package var affected: Int { PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0 }

    /// The command that ended, such as `SELECT 3` or `ROLLBACK`.
    var commandTag: String { PQcmdStatus(result).map { String(cString: $0) } ?? "" }

    var status: ExecStatusType { PQresultStatus(result) }

    /// The parts of a refusal that are read. The detail and the context are not: they quote rows and values.
    enum Field: UInt8 {
        case sqlState = 67  // PG_DIAG_SQLSTATE, 'C'
        case message = 77  // PG_DIAG_MESSAGE_PRIMARY, 'M'
        case table = 116  // PG_DIAG_TABLE_NAME, 't'
        case column = 99  // PG_DIAG_COLUMN_NAME, 'c'
        case constraint = 110  // PG_DIAG_CONSTRAINT_NAME, 'n'
    }

    func field(_ field: Field) -> String? {
        PQresultErrorField(result, Int32(field.rawValue)).map { String(cString: $0) }
    }

    func cell(_ column: String, row: Int32) throws(PostgresError) -> PostgresCell? {
        guard let index = columns[column] else {
            throw .decoding(column: column, reason: "is not in the result")
        }
        guard PQgetisnull(result, row, index) == 0 else { return nil }
        guard PQfformat(result, index) == 1 else { throw .decoding(column: column, reason: "is not binary") }
        let length = Int(PQgetlength(result, row, index))
        guard let start = PQgetvalue(result, row, index) else { return nil }
        let bytes = Array(UnsafeRawBufferPointer(start: start, count: length))
        return PostgresCell(type: PQftype(result, index), bytes: bytes[...])
    }
}

/// One row, read by the names of its columns.
package struct PostgresRow: Sendable {
    fileprivate let rows: PostgresRows
    fileprivate let index: Int32

    /// Reads a column: `try row["name", as: String.self]`, or with the type from the context.
    ///
    /// Throws `PostgresError.decoding` with the column's name when it is missing, of another type, or null
    /// without the wanted type being optional.
    package subscript<Value: PostgresDecodable>(_ column: String, as type: Value.Type = Value.self) -> Value {
        get throws(PostgresError) {
            let cell = try rows.cell(column, row: index)
            do {
                guard let cell else { return try Value.null() }
                return try Value(cell)
            } catch {
                throw .decoding(column: column, reason: error.reason)
            }
        }
    }

    /// Reads a `jsonb` or `json` column as a Swift type. Dates are RFC 3339.
    package func decode<Value: Decodable>(_ column: String, as type: Value.Type = Value.self)
        throws(PostgresError) -> Value
    {
        guard let value = try decodeIfPresent(column, as: type) else {
            throw .decoding(column: column, reason: "is null")
        }
        return value
    }

    /// As `decode`, with nil for SQL's NULL.
    package func decodeIfPresent<Value: Decodable>(
        _ column: String, as type: Value.Type = Value.self
    ) throws(PostgresError) -> Value? {
        guard let json = try self[column, as: JSON?.self] else { return nil }
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        do {
            return try decoder.decode(type, from: Data(json.bytes))
        } catch {
            throw .decoding(column: column, reason: "does not decode as \(type)")
        }
    }

    /// Whether the column is NULL.
    package func isNull(_ column: String) throws(PostgresError) -> Bool {
        try rows.cell(column, row: index) == nil
    }
}
