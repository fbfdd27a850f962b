import Testing

/// The places where a rule is broken, reported as one failure that lists them all as `file:line: rule`.
struct Findings {
    private var lines: [String] = []

    /// - Parameter index: of the line, from 0.
    mutating func add(_ file: SourceTree.File, _ index: Int, _ message: String) {
        lines.append("\(file.path):\(index + 1): \(message)")
    }

    func report() {
        guard !lines.isEmpty else { return }
        Issue.record("\(lines.count) findings\n\(lines.joined(separator: "\n"))")
    }
}
