/// One value of a record set.
package struct RecordValue: Hashable, Sendable, Codable {
    package let content: RecordContent
    /// The value as the provider printed it: it is written back like this and never spelled anew, because
    /// providers compare bytes. Nil for a value that is still to be made.
    package let raw: String?
    /// Of the object that the provider keeps for this value, where it keeps one.
    package let id: String?
    /// What the provider changes whenever the object changes, where it has such a thing.
    package let revision: String?

    package init(_ content: RecordContent, raw: String? = nil, id: String? = nil, revision: String? = nil) {
        self.content = content
        self.raw = raw
        self.id = id
        self.revision = revision
    }
}

/// All records of one name and type.
package struct RecordSet: Sendable, Hashable, Codable {
    package let key: RecordKey
    /// Seconds; nil lets the provider choose.
    package var ttlSeconds: Int?
    package var values: [RecordValue]
    /// Why the set must be left alone (an alias, a routing policy, the provider's own); nil when it may be
    /// changed.
    package var lockedReason: String?

    package init(
        _ key: RecordKey, ttlSeconds: Int? = nil, values: [RecordValue], lockedReason: String? = nil
    ) {
        self.key = key
        self.ttlSeconds = ttlSeconds
        self.values = values
        self.lockedReason = lockedReason
    }

    package var contents: [RecordContent] { values.map(\.content) }

    /// Whether a provider would take the one for the other: same TTL, same values as printed, in any order.
    func isSame(as other: RecordSet) -> Bool {
        key == other.key && ttlSeconds == other.ttlSeconds
            && values.map(Self.identity).sorted() == other.values.map(Self.identity).sorted()
    }

    private static func identity(_ value: RecordValue) -> String {
        [value.id ?? "", value.revision ?? "", value.raw ?? value.content.printed].joined(separator: "\u{1F}")
    }
}

/// One record set before and after: made only where `before` still holds.
package struct RecordSetChange: Sendable, Hashable, Codable {
    package let key: RecordKey
    /// As it was read; nil for none.
    package let before: RecordSet?
    /// Nil to remove it.
    package let after: RecordSet?

    /// Nil when nothing would change.
    package init?(key: RecordKey, before: RecordSet?, after: RecordSet?) {
        self.key = key
        self.before = before.flatMap { $0.values.isEmpty ? nil : $0 }
        self.after = after.flatMap { $0.values.isEmpty ? nil : $0 }
        if removed.isEmpty && added.isEmpty { return nil }
    }

    /// Values of `before` that `after` has not.
    package var removed: [RecordValue] { Self.difference(before, after) }
    /// Values of `after` that `before` has not.
    package var added: [RecordValue] { Self.difference(after, before) }

    /// What is not as it should be in `sets`, read after the change was made: a value that is wanted or was
    /// to stay is missing, one that was to go is there, a second SPF record has come. Empty when all is well.
    package func differences(from sets: [RecordSet]) -> [String] {
        let now = sets.first { $0.key == key }?.contents ?? []
        let wanted = after?.contents ?? []
        var differences: [String] = []
        for content in wanted where !now.contains(content) {
            differences.append("\(key) lacks \(content.printed)")
        }
        for old in removed.map(\.content)
        where now.count(where: { $0 == old }) > wanted.count(where: { $0 == old }) {
            differences.append("\(key) still holds \(old.printed)")
        }
        if key.type == "TXT", now.count(where: \.isSPF) > max(1, wanted.count(where: \.isSPF)) {
            differences.append("\(key) holds more than one SPF record")
        }
        return differences
    }

    private static func difference(_ left: RecordSet?, _ right: RecordSet?) -> [RecordValue] {
        var rest = right?.contents ?? []
        return (left?.values ?? []).filter { value in
            guard let index = rest.firstIndex(of: value.content) else { return true }
            rest.remove(at: index)
            return false
        }
    }
}
