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

    private static func difference(_ left: RecordSet?, _ right: RecordSet?) -> [RecordValue] {
        var rest = right?.contents ?? []
        return (left?.values ?? []).filter { value in
            guard let index = rest.firstIndex(of: value.content) else { return true }
            rest.remove(at: index)
            return false
        }
    }
}
