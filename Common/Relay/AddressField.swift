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

extension JSONText {
    /// Printed as an `AddressField` is.
    package mutating func field(_ name: StaticString, addresses: [String]) {
        if let only = addresses.first, addresses.count == 1 {
            field(name, only)
        } else {
            field(name, addresses)
        }
    }
}

extension KeyedDecodingContainer {
    /// A field that the table of its type has among its `lists`; nil when it is not there, or null.
    package func addresses(_ key: Key, _ known: KnownFields) throws -> AddressField? {
        guard known.hasListsAlone else { return try decodeIfPresent(AddressField.self, forKey: key) }
        return try contains(key) ? requiredAddresses(key, known) : nil
    }

    /// The same of one that has to be there.
    package func requiredAddresses(_ key: Key, _ known: KnownFields) throws -> AddressField {
        guard known.hasListsAlone else { return try decode(AddressField.self, forKey: key) }
        // Half of what decoding a list takes.
        var list = try nestedUnkeyedContainer(forKey: key)
        var values: [String] = []
        while !list.isAtEnd { values.append(try list.decode(String.self)) }
        return AddressField(values)
    }
}
