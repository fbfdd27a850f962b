import FoundationEssentials

/// A type that says in words what it wants to be given, for the sentence "`to` must be …".
package protocol FieldDescribed {
    /// Such as `an address or a list of addresses`.
    static var fieldDescription: String { get }
    /// The same of several, such as `addresses`.
    static var pluralFieldDescription: String { get }
}

extension FieldDescribed {
    package static var pluralFieldDescription: String { "values" }
}

/// The words for the types of the standard library.
enum FieldDescription {
    static func of(_ type: any Any.Type) -> String {
        if let described = type as? any FieldDescribed.Type { return described.fieldDescription }
        if type == String.self || type == Substring.self { return "a string" }
        if type == Bool.self { return "true or false" }
        if type == Double.self || type == Float.self || type == Decimal.self { return "a number" }
        if type is any FixedWidthInteger.Type { return "a whole number" }
        if type == Date.self { return "a time such as 2026-01-31T12:00:00Z" }
        if type == Data.self { return "a base64 string" }
        if type == UUID.self { return "a UUID" }
        if type == URL.self { return "a URL" }
        if let words = type as? any CaseIterable.Type { return "one of \(choices(words))" }
        return "an object"
    }

    private static func choices<Words: CaseIterable>(_ type: Words.Type) -> String {
        type.allCases.map { word in
            (word as? any RawRepresentable).map { "\($0.rawValue)" } ?? "\(word)"
        }.joined(separator: ", ")
    }

    static func plural(_ type: any Any.Type) -> String {
        if let described = type as? any FieldDescribed.Type { return described.pluralFieldDescription }
        switch of(type) {
        case "a string": return "strings"
        case "true or false": return "true or false values"
        case "a number": return "numbers"
        case "a whole number": return "whole numbers"
        case "a UUID": return "UUIDs"
        case "an object": return "objects"
        default: return "values"
        }
    }
}

extension Array: FieldDescribed {
    package static var fieldDescription: String { "a list of \(FieldDescription.plural(Element.self))" }
    package static var pluralFieldDescription: String { "lists" }
}

extension Set: FieldDescribed {
    package static var fieldDescription: String { "a list of \(FieldDescription.plural(Element.self))" }
    package static var pluralFieldDescription: String { "lists" }
}

extension Dictionary: FieldDescribed {
    package static var fieldDescription: String {
        let values = FieldDescription.plural(Value.self)
        return values == "objects" ? "an object" : "an object of \(values)"
    }
    package static var pluralFieldDescription: String { "objects" }
}

extension Optional: FieldDescribed {
    package static var fieldDescription: String { FieldDescription.of(Wrapped.self) }
    package static var pluralFieldDescription: String { FieldDescription.plural(Wrapped.self) }
}
