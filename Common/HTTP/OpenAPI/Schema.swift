/// The shape of a JSON value, as an OpenAPI 3.1 document prints it, with an example of it.
package struct Schema: Sendable {
    indirect enum Shape: Sendable {
        case string(format: String?)
        case integer, number, boolean, any
        case array(Schema)
        case object([(name: String, schema: Schema)])
        /// An object whose keys are the caller's.
        case map(Schema)
        case oneOf([Schema])
        case named(String, Schema)
    }

    var shape: Shape
    private(set) var isRequired = false
    private(set) var isOptional = false
    private(set) var isNullable = false
    private(set) var text: String?
    private(set) var givenExample: DocumentValue?
    private(set) var choices: [String] = []

    package static var string: Schema { Schema(shape: .string(format: nil)) }
    /// RFC 3339
    package static var dateTime: Schema { Schema(shape: .string(format: "date-time")) }
    package static var uuid: Schema { Schema(shape: .string(format: "uuid")) }
    package static var binary: Schema { Schema(shape: .string(format: "binary")) }
    package static var integer: Schema { Schema(shape: .integer) }
    package static var number: Schema { Schema(shape: .number) }
    package static var boolean: Schema { Schema(shape: .boolean) }
    /// Any JSON value.
    package static var any: Schema { Schema(shape: .any) }

    package static func array(_ element: Schema) -> Schema { Schema(shape: .array(element)) }

    /// An object of these fields, in this order; those that must be there are marked `required`.
    package static func object(_ fields: KeyValuePairs<String, Schema>) -> Schema {
        Schema(shape: .object(fields.map { ($0.key, $0.value) }))
    }

    /// An object that always has these fields, but for those that are marked `optional`: an answer.
    package static func record(_ fields: KeyValuePairs<String, Schema>) -> Schema {
        Schema(shape: .object(fields.map { ($0.key, $0.value.isOptional ? $0.value : $0.value.required) }))
    }

    /// The same record with more fields.
    package func with(_ fields: KeyValuePairs<String, Schema>) -> Schema {
        switch shape {
        case .named(_, let schema): return schema.with(fields)
        case .object(let own):
            guard case .object(let more) = Schema.record(fields).shape else { return self }
            return Schema(shape: .object(own + more))
        default: return self
        }
    }

    /// An object whose keys are the caller's.
    package static func map(of value: Schema) -> Schema { Schema(shape: .map(value)) }

    package static func oneOf(_ schemas: Schema...) -> Schema { Schema(shape: .oneOf(schemas)) }

    /// One of these words.
    package static func choice(_ words: String...) -> Schema { choice(words) }

    package static func choice(_ words: [String]) -> Schema {
        var schema = Schema.string
        schema.choices = words
        return schema
    }

    /// The same shape, printed once under `components/schemas` and referred to elsewhere.
    package func named(_ name: String) -> Schema { Schema(shape: .named(name, self)) }

    /// A field that must be there.
    package var required: Schema { changed { $0.isRequired = true } }
    /// A field of a record that is not always there.
    package var optional: Schema { changed { $0.isOptional = true } }
    package var nullable: Schema { changed { $0.isNullable = true } }

    package func described(_ text: String) -> Schema { changed { $0.text = text } }

    /// What an example shows in this place.
    package func example(_ value: DocumentValue) -> Schema { changed { $0.givenExample = value } }

    private func changed(_ change: (inout Schema) -> Void) -> Schema {
        var copy = self
        change(&copy)
        return copy
    }
}
