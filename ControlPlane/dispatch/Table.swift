/// Rows of an answer under headings, for people.
enum Table {
    static func print(_ rows: [JSONValue], _ columns: [(heading: String, field: String)]) {
        let cells = [columns.map(\.heading)] + rows.map { row in columns.map { row[$0.field].text } }
        let widths = columns.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
        for line in cells {
            let padded = zip(line, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            var text = padded.joined(separator: "  ")
            while text.hasSuffix(" ") { text.removeLast() }
            Swift.print(text)
        }
    }
}
