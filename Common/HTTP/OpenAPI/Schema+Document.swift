extension Schema {
    /// The schema as JSON Schema, which OpenAPI 3.1 uses; named ones are gathered and referred to.
    func document(_ components: inout [String: DocumentValue]) -> DocumentValue {
        if case .named(let name, let schema) = shape {
            // Set before descending, so that a name inside itself would end.
            if components[name] == nil {
                components[name] = .object([:])
                components[name] = schema.document(&components)
            }
            let reference = DocumentValue.object(["$ref": .string("#/components/schemas/\(name)")])
            return isNullable ? .object(["anyOf": .array([reference, ["type": "null"]])]) : reference
        }
        var fields = content(&components)
        if isNullable, case .string(let type)? = fields["type"] {
            fields["type"] = .array([.string(type), .string("null")])
        }
        if let text { fields["description"] = .string(text) }
        if let givenExample { fields["examples"] = .array([givenExample]) }
        if !choices.isEmpty {
            fields["enum"] = .array(choices.map { .string($0) } + (isNullable ? [.null] : []))
        }
        return .object(fields)
    }

    private func content(_ components: inout [String: DocumentValue]) -> [String: DocumentValue] {
        switch shape {
        case .string(let format):
            var fields: [String: DocumentValue] = ["type": "string"]
            if let format { fields["format"] = .string(format) }
            return fields
        case .integer: return ["type": "integer"]
        case .number: return ["type": "number"]
        case .boolean: return ["type": "boolean"]
        case .any, .named: return [:]
        case .array(let element): return ["type": "array", "items": element.document(&components)]
        case .map(let value): return ["type": "object", "additionalProperties": value.document(&components)]
        case .oneOf(let schemas): return ["oneOf": .array(schemas.map { $0.document(&components) })]
        case .object(let properties):
            var fields: [String: DocumentValue] = ["type": "object"]
            var described: [String: DocumentValue] = [:]
            for (name, schema) in properties { described[name] = schema.document(&components) }
            fields["properties"] = .object(described)
            let required = properties.filter(\.schema.isRequired).map { DocumentValue.string($0.name) }
            if !required.isEmpty { fields["required"] = .array(required) }
            return fields
        }
    }
}
