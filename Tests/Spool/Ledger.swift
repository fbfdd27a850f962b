import EventLoop
import NodeProtocol
import Spool
import Testing

/// What a client saw of a spool, and the judgement of what the spool has after a crash.
///
/// Every group of the workload has two entries, and closes or updates earlier ones, so that a torn group
/// shows.
struct Ledger {
    enum Fate { case acknowledged, refused, refusedForGood }

    private(set) var fates: [Int: Fate] = [:]
    private(set) var updates: [MessageID: [(payload: [UInt8], acknowledged: Bool)]] = [:]
    private(set) var closed: [MessageID: Bool] = [:]
    private(set) var lastSequence: UInt64 = 0
    private let bodyBytes = 500

    static func ids(_ group: Int) -> [MessageID] { [Sample.id(group * 2), Sample.id(group * 2 + 1)] }

    /// Commits groups one after the other; refusals are written down and the work goes on.
    mutating func work(_ spool: Spool, groups: Range<Int>) async {
        for group in groups {
            var records = [
                Sample.entry(group * 2, bytes: bodyBytes), Sample.entry(group * 2 + 1, bytes: bodyBytes),
            ]
            var told: [(MessageID, [UInt8]?)] = []
            if group % 3 == 2, let id = Self.ids(group - 1).first, fates[group - 1] == .acknowledged {
                records.append(.update(id, payload: [UInt8(truncatingIfNeeded: group)]))
                told.append((id, [UInt8(truncatingIfNeeded: group)]))
            }
            if group >= 4, fates[group - 4] == .acknowledged {
                for id in Self.ids(group - 4) where group % 5 != 0 {
                    records.append(.closed(id))
                    told.append((id, nil))
                }
            }
            await commit(spool, group, records, told)
        }
    }

    private mutating func commit(
        _ spool: Spool, _ group: Int, _ records: [SpoolRecord], _ told: [(MessageID, [UInt8]?)]
    ) async {
        var isAcknowledged = false
        do {
            let token = try await spool.commit(SpoolGroup(records: records, events: [Array("\(group)".utf8)]))
            #expect(token.sequence > lastSequence)
            lastSequence = token.sequence
            isAcknowledged = true
            // A fresh segment took over: what was refused before it can never come back.
            for (earlier, fate) in fates where fate == .refused { fates[earlier] = .refusedForGood }
        } catch {}
        fates[group] = isAcknowledged ? .acknowledged : .refused
        for (id, payload) in told {
            if let payload {
                updates[id, default: []].append((payload, isAcknowledged))
            } else {
                closed[id] = closed[id] == true || isAcknowledged
            }
        }
    }

    /// What the rules allow a spool to hold now; gives the first broken one in words.
    func judge(_ spool: Spool, _ recovery: Recovery) async -> String? {
        let found = Dictionary(uniqueKeysWithValues: recovery.entries.map { ($0.id, $0) })
        for (group, fate) in fates {
            let ids = Self.ids(group)
            let present = ids.filter { found[$0] != nil }
            let mayBeClosed = ids.filter { closed[$0] != nil }
            let isClosed = ids.filter { closed[$0] == true }
            if fate == .acknowledged, present.count < 2 - mayBeClosed.count {
                return "group \(group) is lost"
            }
            if !isClosed.isEmpty, !present.isEmpty { return "group \(group) was closed and came back" }
            if present.count == 1 { return "half of group \(group) is there" }
            if fate == .refusedForGood, !present.isEmpty { return "group \(group) was refused and came back" }
        }
        for entry in recovery.entries {
            if let fault = await judge(spool, entry) { return fault }
        }
        return nil
    }

    private func judge(_ spool: Spool, _ entry: Recovery.Entry) async -> String? {
        let number = Int(truncatingIfNeeded: entry.id.milliseconds - 1_700_000_000_000)
        if entry.header != Sample.header(number) { return "the header of \(number) is wrong" }
        let body = try? await spool.body(of: entry.id)
        if body != Sample.body(number, bytes: bodyBytes) { return "the body of \(number) is wrong" }
        let told = updates[entry.id] ?? []
        for update in told where update.acknowledged && !entry.updates.contains(update.payload) {
            return "an update of \(number) is lost"
        }
        let known = told.map(\.payload)
        var rest = known[...]
        for payload in entry.updates {
            guard let index = rest.firstIndex(of: payload) else {
                return "the updates of \(number) are out of order"
            }
            rest = rest[(index + 1)...]
        }
        return nil
    }
}
