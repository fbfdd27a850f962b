/// Rows of an answer under headings, for people.
enum Table {
    /// - Parameter columns: a field may lie inside another: `limits.max_connections`.
    static func print(
        _ rows: [JSONValue], _ columns: [(heading: String, field: String)], indent: String = ""
    ) {
        let cells = [columns.map(\.heading)] + rows.map { row in columns.map { text(row, $0.field) } }
        let widths = columns.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
        for line in cells {
            let padded = zip(line, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            var text = indent + padded.joined(separator: "  ")
            while text.hasSuffix(" ") { text.removeLast() }
            Swift.print(text)
        }
    }

    private static func text(_ row: JSONValue, _ field: String) -> String {
        field.split(separator: ".").reduce(row) { $0[String($1)] }.text
    }
}
