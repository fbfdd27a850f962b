extension Schema {
    /// An example of the whole, made of those of its parts. Fields that need not be there are in it when an
    /// example was given for them.
    ///
    /// - Throws: `MissingExample` when a text has none.
    func example() throws(MissingExample) -> DocumentValue { try example(at: "") }

    /// The schema or null, with an example that is not null.
    package var usuallyThere: Schema { (try? example()).map { nullable.example($0) } ?? nullable }

    private func example(at path: String) throws(MissingExample) -> DocumentValue {
        if let givenExample { return givenExample }
        switch shape {
        case .named(_, let schema): return isNullable ? .null : try schema.example(at: path)
        case .array(let element) where element.hasExample:
            return .array([try element.example(at: "\(path)[]")])
        case .array where !isNullable: return .array([])
        case .object(let fields) where !isNullable:
            var members: [String: DocumentValue] = [:]
            for (name, schema) in fields where schema.isRequired || schema.hasExample {
                members[name] = try schema.example(at: path.isEmpty ? name : "\(path).\(name)")
            }
            return .object(members)
        case .oneOf(let schemas):
            guard let first = schemas.first else { throw MissingExample(path: path) }
            return try first.example(at: path)
        case .map(let value) where value.hasExample:
            return .object(["name": try value.example(at: "\(path).name")])
        case .map: return .object([:])
        default: break
        }
        if isNullable { return .null }
        if let first = choices.first { return .string(first) }
        switch shape {
        case .integer, .number: return .integer(0)
        case .boolean: return .boolean(false)
        case .string(format: "date-time"?): return "2026-03-01T10:00:00Z"
        case .string(format: "uuid"?): return "0f8fad5b-d9cb-469f-a165-70867728950e"
        default: throw MissingExample(path: path)
        }
    }

    /// Whether an example was given for it or for something inside it.
    private var hasExample: Bool {
        if givenExample != nil { return true }
        switch shape {
        case .named(_, let schema), .array(let schema), .map(let schema): return schema.hasExample
        case .object(let fields): return fields.contains { $0.schema.hasExample }
        case .oneOf(let schemas): return schemas.first?.hasExample ?? false
        default: return false
        }
    }
}

/// A text that nobody gave an example for.
struct MissingExample: Error {
    /// Its place in the whole, such as `domain.name`.
    let path: String
}
