/// Something in a `Shaping` that cannot come into force: dangling, contradictory or out of range.
package struct ShapingProblem: Sendable, Equatable, CustomStringConvertible {
    /// Which field of which row: `rules[yahoo.tss04].provider`.
    package let path: String
    /// A sentence for whoever wrote the row.
    package let text: String

    package init(_ path: String, _ text: String) {
        self.path = path
        self.text = text
    }

    package var description: String { "\(path): \(text)" }
}
