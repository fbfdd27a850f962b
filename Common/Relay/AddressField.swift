import HTTP

/// One address or a list of them: dialects and their callers differ. Printed as the one when it is alone.
package struct AddressField: Codable, FieldDescribed, Sendable {
    package static var fieldDescription: String { "an address or a list of addresses" }
    package let values: [String]

    package init(_ values: [String]) { self.values = values }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let one = try? container.decode(String.self) {
            values = [one]
        } else {
            values = try container.decode([String].self)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let only = values.first, values.count == 1 {
            try container.encode(only)
        } else {
            try container.encode(values)
        }
    }
}
