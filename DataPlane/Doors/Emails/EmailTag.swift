import HTTP

/// A tag: a word, or in Resend's way a name with a value, which the log keeps as metadata.
enum EmailTag: Decodable, FieldDescribed {
    case word(String)
    case pair(name: String, value: String)

    static var fieldDescription: String { "a string or an object with `name` and `value`" }
    static var pluralFieldDescription: String { "strings or objects with `name` and `value`" }

    static let fields = FieldTable(Pair.CodingKeys.self)

    private struct Pair: Decodable {
        enum CodingKeys: String, CodingKey, CaseIterable { case name, value }

        let name: String
        let value: String
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let word = try? container.decode(String.self) {
            self = .word(word)
        } else {
            let pair = try container.decode(Pair.self)
            self = .pair(name: pair.name, value: pair.value)
        }
    }

    var word: String? {
        guard case .word(let word) = self else { return nil }
        return word
    }

    /// The metadata that were given as such, and those that were given as tags.
    ///
    /// - Throws: 400 for a name that stands there twice with different values.
    static func metadata(
        _ metadata: [String: String]?, _ tags: [EmailTag]?
    ) throws(APIError) -> [String: String] {
        var all = metadata ?? [:]
        for (index, tag) in (tags ?? []).enumerated() {
            guard case .pair(let name, let value) = tag else { continue }
            guard all[name].map({ $0 == value }) ?? true else {
                throw APIError(
                    400, "invalid_field", "The name of this tag stands there with another value.",
                    field: "tags[\(index)].name")
            }
            all[name] = value
        }
        return all
    }
}
