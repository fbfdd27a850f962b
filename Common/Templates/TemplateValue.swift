/// A value that a caller gives for a variable: any JSON.
package indirect enum TemplateValue: Codable, Sendable, Equatable {
    case null
    case flag(Bool)
    case integer(Int)
    case number(Double)
    case text(String)
    case list([TemplateValue])
    case object([String: TemplateValue])
    /// HTML of ours, which is never escaped. No caller can give one.
    case markup(String)

    package init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let flag = try? value.decode(Bool.self) {
            self = .flag(flag)
        } else if let integer = try? value.decode(Int.self) {
            self = .integer(integer)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let list = try? value.decode([TemplateValue].self) {
            self = .list(list)
        } else {
            self = .object(try value.decode([String: TemplateValue].self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        switch self {
        case .null: try value.encodeNil()
        case .flag(let flag): try value.encode(flag)
        case .integer(let integer): try value.encode(integer)
        case .number(let number): try value.encode(number)
        case .text(let text), .markup(let text): try value.encode(text)
        case .list(let list): try value.encode(list)
        case .object(let members): try value.encode(members)
        }
    }

    /// What `{{#if}}` goes by: not null, false, zero, and nothing empty.
    var isTrue: Bool {
        switch self {
        case .null: false
        case .flag(let flag): flag
        case .integer(let integer): integer != 0
        case .number(let number): number != 0 && !number.isNaN
        case .text(let text), .markup(let text): !text.isEmpty
        case .list(let list): !list.isEmpty
        case .object(let members): !members.isEmpty
        }
    }

    /// Whether a default stands in for it.
    var isEmpty: Bool { self == .null || self == .text("") }

    /// As it is printed; nil for a list and an object, which have no text.
    package var printed: String? {
        switch self {
        case .null: ""
        case .flag(let flag): flag ? "true" : "false"
        case .integer(let integer): String(integer)
        case .number(let number): String(describing: number)
        case .text(let text), .markup(let text): text
        case .list, .object: nil
        }
    }
}
