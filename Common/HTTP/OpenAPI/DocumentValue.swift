/// A JSON value of the document; objects keep their order through sorted printing.
enum DocumentValue: Encodable, Sendable {
    case string(String)
    case integer(Int)
    case boolean(Bool)
    case array([DocumentValue])
    case object([String: DocumentValue])

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .string(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .boolean(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }

    /// An object without the fields that are nil.
    static func fields(_ fields: [(String, DocumentValue?)]) -> DocumentValue {
        .object(
            Dictionary(fields.compactMap { name, value in value.map { (name, $0) } }) { first, _ in first })
    }
}

extension DocumentValue: ExpressibleByStringLiteral {
    init(stringLiteral value: String) { self = .string(value) }
}
