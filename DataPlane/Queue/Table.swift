/// Rows by index, with the indexes of removed rows used again.
struct Table<Row: Sendable>: Sendable {
    private var rows = ChunkedArray<Row>()
    private var free: ContiguousArray<UInt32> = []

    /// Rows in use.
    var count: Int { Int(rows.count) - free.count }

    /// One more than the greatest index that was ever in use.
    var end: UInt32 { rows.count }

    subscript(index: UInt32) -> Row {
        _read { yield rows[index] }
        _modify { yield &rows[index] }
    }

    mutating func insert(_ row: Row) -> UInt32 {
        if let index = free.popLast() {
            rows[index] = row
            return index
        }
        rows.append(row)
        return rows.count - 1
    }

    /// The caller has cleared what the row held on to, and knows that it was in use.
    mutating func remove(_ index: UInt32) { free.append(index) }
}
