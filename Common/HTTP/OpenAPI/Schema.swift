/// The shape of a JSON value, as an OpenAPI 3.1 document prints it.
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
    private(set) var isNullable = false
    private(set) var text: String?
    private(set) var exampleText: String?
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

    /// An object of these fields, in this order.
    package static func object(_ fields: KeyValuePairs<String, Schema>) -> Schema {
        Schema(shape: .object(fields.map { ($0.key, $0.value) }))
    }

    /// An object whose keys are the caller's.
    package static func map(of value: Schema) -> Schema { Schema(shape: .map(value)) }

    package static func oneOf(_ schemas: Schema...) -> Schema { Schema(shape: .oneOf(schemas)) }

    /// One of these words.
    package static func choice(_ words: String...) -> Schema {
        var schema = Schema.string
        schema.choices = words
        return schema
    }

    /// The same shape, printed once under `components/schemas` and referred to elsewhere.
    package func named(_ name: String) -> Schema { Schema(shape: .named(name, self)) }

    /// A field that must be there.
    package var required: Schema { with { $0.isRequired = true } }
    package var nullable: Schema { with { $0.isNullable = true } }

    package func described(_ text: String) -> Schema { with { $0.text = text } }

    package func example(_ text: String) -> Schema { with { $0.exampleText = text } }

    private func with(_ change: (inout Schema) -> Void) -> Schema {
        var copy = self
        change(&copy)
        return copy
    }
}
