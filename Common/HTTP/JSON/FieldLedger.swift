/// For each object of a JSON body: the keys that are there and those that its type asked for.
final class FieldLedger {
    final class Object {
        let path: [any CodingKey]
        let present: [String]
        /// In the order they were asked for; one may come several times.
        var asked: [String] = []

        init(path: [any CodingKey], present: [String]) {
            self.path = path
            self.present = present
        }
    }

    /// Above this many keys, looking them up is hashed.
    private static let maxSearchedKeys = 32

    private var objects: [Object] = []

    func open(_ path: [any CodingKey], present: [String]) -> Object {
        let object = Object(path: path, present: present)
        objects.append(object)
        return object
    }

    /// The paths of all keys that no type asked for, in alphabetic order.
    func unknownFields(except accepted: Set<String>) -> [String] {
        // A type that tries one shape after the other opens the same object several times: what one of them
        // asked for is known.
        var unknown: Set<String> = []
        var known: Set<String> = []
        for object in objects {
            let names = Self.missing(object)
            for name in names where !(object.path.isEmpty && accepted.contains(name)) {
                unknown.insert(Self.path(object, name))
            }
        }
        guard !unknown.isEmpty else { return [] }
        for object in objects {
            for name in object.asked { known.insert(Self.path(object, name)) }
        }
        return unknown.subtracting(known).sorted()
    }

    /// The keys of one object that were not asked for.
    private static func missing(_ object: Object) -> [String] {
        if object.asked.count > maxSearchedKeys {
            let asked = Set(object.asked)
            return object.present.filter { !asked.contains($0) }
        }
        return object.present.filter { !object.asked.contains($0) }
    }

    private static func path(_ object: Object, _ name: String) -> String {
        FieldPath.text(object.path + [FieldKey(stringValue: name)])
    }
}

/// Any key of any object, or a place in a list.
struct FieldKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(stringValue: String) {
        self.stringValue = stringValue
        intValue = nil
    }

    init(intValue: Int) {
        stringValue = String(intValue)
        self.intValue = intValue
    }
}
