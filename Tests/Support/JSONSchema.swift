import FoundationEssentials

/// Holds JSON values against the schemas of an OpenAPI 3.1 document: `type`, `enum`, `properties`,
/// `required`, `items`, `additionalProperties`, `oneOf`, `anyOf`, `$ref`, and the formats `date-time` and
/// `uuid`.
///
/// Stricter than JSON Schema in one place: an object has no members beside its `properties`, so that an
/// answer with a field that no document tells of is found.
package struct JSONSchema {
    private let document: JSONValue

    package init(document: JSONValue) { self.document = document }

    /// What is wrong, each with its place; empty when the value fits.
    package func problems(of value: JSONValue, against schema: JSONValue) -> [String] {
        check(value, resolved(schema), "$")
    }

    private func check(_ value: JSONValue, _ schema: JSONValue, _ path: String) -> [String] {
        for (word, count) in [("anyOf", 1...Int.max), ("oneOf", 1...1)] where schema[word] != .null {
            let fitting = schema[word].elements.filter { check(value, resolved($0), path).isEmpty }
            guard count.contains(fitting.count) else {
                return ["\(path): fits \(fitting.count) of `\(word)`: \(value)"]
            }
        }
        let types = schema["type"].text.map { [$0] } ?? schema["type"].elements.compactMap(\.text)
        guard types.isEmpty || types.contains(where: { isOfType(value, $0) }) else {
            return ["\(path): is not \(types.joined(separator: " or ")): \(value)"]
        }
        if schema["enum"] != .null, !schema["enum"].elements.contains(value) {
            return ["\(path): is none of the words allowed: \(value)"]
        }
        switch value {
        case .string(let text): return format(text, schema["format"].text, path)
        case .array(let elements):
            guard schema["items"] != .null else { return [] }
            let items = resolved(schema["items"])
            return elements.enumerated().flatMap { check($1, items, "\(path)[\($0)]") }
        case .object(let members): return object(members, schema, path)
        default: return []
        }
    }

    private func object(_ members: [String: JSONValue], _ schema: JSONValue, _ path: String) -> [String] {
        var problems = schema["required"].elements.compactMap(\.text).filter { members[$0] == nil }.map {
            "\(path).\($0): is required and not there"
        }
        guard schema["properties"] != .null || schema["additionalProperties"] != .null else {
            return problems
        }
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
            if let own = schema["properties"].members[name] {
                problems += check(value, resolved(own), "\(path).\(name)")
            } else if schema["additionalProperties"] != .null {
                problems += check(value, resolved(schema["additionalProperties"]), "\(path).\(name)")
            } else {
                problems.append("\(path).\(name): is not in the document")
            }
        }
        return problems
    }

    private func format(_ text: String, _ format: String?, _ path: String) -> [String] {
        switch format {
        case "date-time"?:
            let isTime =
                (try? Date.ISO8601FormatStyle().parse(text)) != nil
                || (try? Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(text)) != nil
            return isTime ? [] : ["\(path): is no time: \(text)"]
        case "uuid"?: return UUID(uuidString: text) != nil ? [] : ["\(path): is no UUID: \(text)"]
        default: return []
        }
    }

    private func isOfType(_ value: JSONValue, _ type: String) -> Bool {
        switch (value, type) {
        case (.null, "null"), (.bool, "boolean"), (.integer, "integer"), (.integer, "number"),
            (.number, "number"), (.string, "string"), (.array, "array"), (.object, "object"):
            true
        default: false
        }
    }

    /// Follows `$ref`, which names a member of the document.
    private func resolved(_ schema: JSONValue) -> JSONValue {
        guard let reference = schema["$ref"].text, reference.hasPrefix("#/") else { return schema }
        return reference.dropFirst(2).split(separator: "/").reduce(document) { $0[String($1)] }
    }
}
