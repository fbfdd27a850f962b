/// The name and type of a record set.
package struct RecordKey: Hashable, Sendable, Codable, CustomStringConvertible {
    /// Lower case, without the final dot, A-labels.
    package let name: String
    /// Upper case, such as `TXT`.
    package let type: String

    package init(_ name: String, _ type: String) {
        self.name = Self.normal(name)
        self.type = type.uppercased()
    }

    package var description: String { "\(type) \(name)" }

    /// A name in the form in which names are compared.
    package static func normal(_ name: String) -> String {
        let lower = name.lowercased()
        return lower.hasSuffix(".") ? String(lower.dropLast()) : lower
    }
}
