/// The way back from changes that were made: what they added goes, what they replaced comes back, and what
/// others have written since stays.
package enum UndoPlan {
    /// The zone does not hold what was written any more: nothing is undone.
    package struct Changed: Error, Equatable {
        package let keys: [RecordKey]
    }

    /// - Parameter sets: everything at the names of `changes`, just read.
    package static func plan(
        _ changes: [RecordSetChange], sets: [RecordSet]
    ) throws(Changed) -> [RecordSetChange] {
        var undo: [RecordSetChange] = []
        var changed: [RecordKey] = []
        for change in changes {
            let current = sets.first { $0.key == change.key }
            guard let back = back(change, from: current) else {
                changed.append(change.key)
                continue
            }
            if let step = RecordSetChange(key: change.key, before: current, after: back) { undo.append(step) }
        }
        guard changed.isEmpty else { throw Changed(keys: changed) }
        return undo
    }

    /// Nil when a value that was added is gone, or one that was replaced is back.
    private static func back(_ change: RecordSetChange, from current: RecordSet?) -> RecordSet? {
        guard current?.lockedReason == nil else { return nil }
        var set = current ?? RecordSet(change.key, values: [])
        var place = set.values.endIndex
        for value in change.added {
            guard let index = set.values.firstIndex(where: { $0.content == value.content }) else {
                return nil
            }
            set.values.remove(at: index)
            place = min(place, index)
        }
        for value in change.removed {
            guard count(value.content, current) <= count(value.content, change.after) else { return nil }
            set.values.insert(RecordValue(value.content, raw: value.raw), at: min(place, set.values.endIndex))
            place += 1
        }
        if current == nil { set.ttlSeconds = change.before?.ttlSeconds }
        return set
    }

    private static func count(_ content: RecordContent, _ set: RecordSet?) -> Int {
        (set?.contents ?? []).count { $0 == content }
    }
}
