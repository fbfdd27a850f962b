import HTTP
import Templates

/// The variables of each recipient of a message for many.
enum PersonalVariables {
    /// A name that a caller gave.
    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }

        init?(intValue: Int) { nil }
    }

    /// The field of an object; nil when it is not there, or null.
    static func of<Key: CodingKey>(
        _ key: Key, in decoder: any Decoder
    ) throws -> [String: [String: TemplateValue]]? {
        let object = try decoder.container(keyedBy: Key.self)
        guard KnownFields.isForValueAlone(decoder) else {
            return try object.decodeIfPresent([String: [String: TemplateValue]].self, forKey: key)
        }
        guard object.contains(key), try !object.decodeNil(forKey: key) else { return nil }
        // The same by hand, which takes half of it.
        let recipients = try object.nestedContainer(keyedBy: Name.self, forKey: key)
        let names = recipients.allKeys
        var all: [String: [String: TemplateValue]] = [:]
        all.reserveCapacity(names.count)
        for name in names {
            all[name.stringValue] = try variables(
                recipients.nestedContainer(keyedBy: Name.self, forKey: name))
        }
        return all
    }

    private static func variables(
        _ object: KeyedDecodingContainer<Name>
    ) throws -> [String: TemplateValue] {
        var variables: [String: TemplateValue] = [:]
        for name in object.allKeys {
            variables[name.stringValue] = try object.decode(TemplateValue.self, forKey: name)
        }
        return variables
    }
}
