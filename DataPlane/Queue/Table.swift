/// Rows by index, with the indexes of removed rows used again. Grows by a quarter, not by doubling: with a
/// million rows the slack counts.
struct Table<Row: Sendable>: Sendable {
    private(set) var rows: ContiguousArray<Row> = []
    private var free: ContiguousArray<UInt32> = []

    /// Rows in use.
    var count: Int { rows.count - free.count }

    subscript(index: UInt32) -> Row {
        _read { yield rows[Int(index)] }
        _modify { yield &rows[Int(index)] }
    }

    mutating func insert(_ row: Row) -> UInt32 {
        if let index = free.popLast() {
            rows[Int(index)] = row
            return index
        }
        if rows.count == rows.capacity { rows.reserveCapacity(rows.count + rows.count / 4 + 16) }
        rows.append(row)
        return UInt32(rows.count - 1)
    }

    /// The caller has cleared what the row held on to, and knows that it was in use.
    mutating func remove(_ index: UInt32) { free.append(index) }
}
