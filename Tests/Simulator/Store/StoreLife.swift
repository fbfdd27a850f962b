import EventLoop
import Journal
import NodeProtocol
import Spool

/// One life of the least program that uses spool and journal as a node does: clients commit entries, workers
/// record an attempt before it leaves and its outcome right after, an uplink reports what the journal holds.
final class StoreLife: Sendable {
    private let simulator: Simulator
    private let ledger: Ledger
    private let disk: SimulatedDisk
    private let span: LifeSpan
    private let plan: StorePlan
    private let work: Locked<Int> = Locked(0)

    init(_ simulator: Simulator, _ ledger: Ledger, _ disk: SimulatedDisk, _ span: LifeSpan, _ plan: StorePlan)
    {
        self.simulator = simulator
        self.ledger = ledger
        self.disk = disk
        self.span = span
        self.plan = plan
    }

    /// Runs until the life is over or, in a quiet one, until nothing is left to do. False when the store
    /// could not be opened.
    func run() -> Bool {
        guard
            let (journal, _) = try? Journal.open(
                directory: "/journal", configuration: plan.journal, disk: disk)
        else { return false }
        guard let loop = try? EventLoop(name: "loop") else {
            close(journal)
            return false
        }
        var known: Set<[UInt8]> = []
        let simulator = simulator
        guard
            let (keys, _) = try? KeyLog.open(
                directory: "/keys", configuration: plan.keys, disk: disk, now: { simulator.milliseconds },
                visit: { known.insert($0.payload) })
        else {
            close(journal)
            return false
        }
        guard
            let (spool, recovery) = try? Spool.open(
                directory: "/spool", configuration: plan.spool, disk: disk, journal: journal, keys: keys)
        else {
            close(journal, keys)
            return false
        }
        ledger.judgeKeys(known.union(recovery.keys.map(\.payload)))
        loop.start()
        spool.replay(recovery, Self.events)
        spawn(loop) { await self.report(journal, loop) }
        restore(recovery, spool, loop)
        for client in 0..<plan.clients { spawn(loop) { await self.offer(client, spool, loop) } }
        let isQuiet = span.endsAt == .max
        while !span.isOver(simulator.milliseconds) {
            if isQuiet, isAtRest(spool, journal) { break }
            simulator.pause(.milliseconds(isQuiet ? 500 : 5))
        }
        if isQuiet { judgeRest(spool, journal) } else { disk.end() }
        span.finish()
        close(spool, keys, journal, loop)
        ledger.lifeEnded(at: disk.endedAt) { disk.hadTrouble(since: $0) }
        return true
    }

    private var isOver: Bool { span.isOver(simulator.milliseconds) || disk.isOver }

    private func spawn(_ loop: EventLoop, _ body: @escaping @Sendable () async -> Void) {
        work.withLock { $0 += 1 }
        loop.spawn { [work] in
            await body()
            work.withLock { $0 -= 1 }
        }
    }

    // MARK: - Rest and end

    /// Only the uplink works, and the control plane has all.
    private func isAtRest(_ spool: Spool, _ journal: Journal) -> Bool {
        let statistics = journal.statistics
        return work.withLock { $0 } == 1 && statistics.queuedBytes == 0
            && statistics.acknowledged == statistics.lastEvent && ledger.lastEvent == statistics.lastEvent
    }

    private func judgeRest(_ spool: Spool, _ journal: Journal) {
        guard isAtRest(spool, journal) else {
            return ledger.violate(
                "the store does not come to rest: \(journal.statistics) \(spool.statistics)")
        }
        let open = spool.statistics.openEntries
        if open > 0 { ledger.violate("\(open) entries are open, and nothing is left to do") }
    }

    private func close(_ spool: Spool, _ keys: KeyLog, _ journal: Journal, _ loop: EventLoop) {
        let isClosed = Condition(false)
        loop.spawn {
            await spool.close()
            await keys.close()
            await journal.close()
            while self.work.withLock({ $0 }) > 0 { await loop.sleep(.milliseconds(100)) }
            isClosed.signal { $0 = true }
        }
        isClosed.wait { $0 ? () : nil }
        loop.stop()
        loop.join()
    }

    private func close(_ journal: Journal, _ keys: KeyLog? = nil) {
        guard let loop = try? EventLoop(name: "closing") else { return }
        let isClosed = Condition(false)
        loop.start()
        loop.spawn {
            await keys?.close()
            await journal.close()
            isClosed.signal { $0 = true }
        }
        isClosed.wait { $0 ? () : nil }
        loop.stop()
        loop.join()
    }

    // MARK: - Recovery

    private static func events(_ group: Recovery.Group) -> [[UInt8]] {
        group.records.flatMap { record -> [[UInt8]] in
            switch record {
            case .entry(let id, _): return [StoreMessage.event(.accepted, id, nil)]
            case .update(_, let payload): return StoreMessage.events(ofUpdate: payload)
            case .closed: return []
            }
        }
    }

    /// An entry that the disk did not give has an empty header; it is asked for again.
    private func restore(_ recovery: Recovery, _ spool: Spool, _ loop: EventLoop) {
        var started: Set<MessageID> = []
        for _ in 0..<20 where !disk.isOver {
            var isWhole = true
            for entry in recovery.entries where !started.contains(entry.id) {
                if entry.header.isEmpty {
                    isWhole = false
                } else {
                    started.insert(entry.id)
                    start(entry, spool, loop)
                }
            }
            if isWhole { return }
        }
    }

    private func start(_ entry: Recovery.Entry, _ spool: Spool, _ loop: EventLoop) {
        var ended: Set<Int> = []
        for payload in entry.updates {
            for event in StoreMessage.events(ofUpdate: payload) {
                guard let told = StoreMessage.read(event[...]), told.kind.isEnd else { continue }
                if let recipient = told.recipient { ended.insert(recipient) }
            }
        }
        if entry.header != StoreMessage.header(entry.id) {
            ledger.violate("the header of \(entry.id) has changed")
        }
        let waiting = (0..<StoreMessage.recipients(entry.id)).filter { !ended.contains($0) }
        spawn(loop) { await self.deliver(entry.id, waiting, spool, loop) }
    }

    // MARK: - Clients

    private func offer(_ client: Int, _ spool: Spool, _ loop: EventLoop) async {
        for _ in 0..<plan.offersPerClient {
            await loop.sleep(.milliseconds(simulator.below(plan.offerPauseMilliseconds)))
            if isOver { return }
            let ids = (0...simulator.below(3)).map { _ in
                StoreMessage.id(
                    Int(simulator.word() >> 40), at: simulator.milliseconds,
                    recipients: 1 + simulator.below(3))
            }
            for id in ids { ledger.offer(id, recipients: StoreMessage.recipients(id)) }
            let refusals = ledger.refusals
            let key = StoreMessage.key(ids[0])
            var group = SpoolGroup(
                records: ids.map { .entry($0, header: StoreMessage.header($0), body: StoreMessage.body($0)) },
                events: ids.map { StoreMessage.event(.accepted, $0, nil) })
            group.records.append(.key(KeyRecord(at: simulator.milliseconds, payload: key)))
            do {
                _ = try await spool.commit(group)
                if disk.isOver { return }
                ledger.acceptedKey(key)
                for id in ids { ledger.accepted(id, refusalsBefore: refusals) }
                for id in ids {
                    let all = Array(0..<StoreMessage.recipients(id))
                    spawn(loop) { await self.deliver(id, all, spool, loop) }
                }
            } catch {
                if disk.isOver { return }
                for id in ids { ledger.refused(id) }
            }
        }
    }

    // MARK: - Workers

    private func deliver(_ id: MessageID, _ recipients: [Int], _ spool: Spool, _ loop: EventLoop) async {
        var waiting = recipients
        while !isOver {
            var results: [(recipient: Int, kind: EventKind)]
            do throws(SpoolError) {
                let body = try await spool.body(of: id)
                if body != StoreMessage.body(id) { ledger.violate("the body of \(id) has changed") }
                results = await attempt(id, waiting, spool, loop)
            } catch {
                guard error == .corrupt(id) else {
                    await loop.sleep(.seconds(1))
                    continue
                }
                results = waiting.map { ($0, .failed) }
            }
            if isOver { return }
            waiting = results.filter { !$0.kind.isEnd }.map(\.recipient)
            await record(id, results, closes: waiting.isEmpty, spool, loop)
            if waiting.isEmpty { return }
            await loop.sleep(.milliseconds(100 + simulator.below(60_000)))
        }
    }

    private func attempt(
        _ id: MessageID, _ recipients: [Int], _ spool: Spool, _ loop: EventLoop
    ) async -> [(recipient: Int, kind: EventKind)] {
        _ = try? await spool.commit(SpoolGroup(records: [.update(id, payload: StoreMessage.started)]))
        await loop.sleep(.milliseconds(simulator.below(200)))
        if isOver { return [] }
        // One final dot for all of them, and one answer, which may be lost.
        let rolls = recipients.map { ($0, simulator.below(100)) }
        for (recipient, roll) in rolls where roll < 65 { ledger.took(id, recipient) }
        let isAnswerLost = simulator.chance(80)
        await loop.sleep(.milliseconds(simulator.below(50)))
        if isOver { return [] }
        return rolls.map { recipient, roll in
            if isAnswerLost || (65..<85).contains(roll) { return (recipient, .deferred) }
            guard roll < 65 else { return (recipient, .bounced) }
            ledger.answered(id, recipient)
            return (recipient, .delivered)
        }
    }

    /// Writes until the disk has it.
    private func record(
        _ id: MessageID, _ results: [(recipient: Int, kind: EventKind)], closes: Bool, _ spool: Spool,
        _ loop: EventLoop
    ) async {
        let events = results.map { StoreMessage.event($0.kind, id, $0.recipient) }
        var records: [SpoolRecord] = [.update(id, payload: StoreMessage.outcome(events))]
        if closes { records.append(.closed(id)) }
        while !isOver {
            do {
                _ = try await spool.commit(SpoolGroup(records: records, events: events))
                return
            } catch { await loop.sleep(.seconds(1)) }
        }
    }

    // MARK: - Uplink

    private func report(_ journal: Journal, _ loop: EventLoop) async {
        var cursor = journal.statistics.acknowledged
        while true {
            var events: [JournalEvent] = []
            do throws(JournalError) { events = try await journal.read(after: cursor, maxBytes: 600) } catch {
                if error == .stopping || disk.isOver { return }
                await loop.sleep(.milliseconds(200))
                continue
            }
            if disk.isOver { return }
            guard let last = events.last else {
                guard await journal.waitForMore(after: cursor) else { return }
                await loop.sleep(.milliseconds(50))
                continue
            }
            await loop.sleep(.milliseconds(simulator.below(100)))
            if disk.isOver { return }
            ledger.receive(events.map { ($0.seq, $0.bytes) }, tolerance: .max) { bytes in
                StoreMessage.read(bytes[...]).map { [$0] }
            }
            if simulator.chance(100) { continue }
            cursor = last.seq
            try? await journal.acknowledge(upTo: cursor)
        }
    }
}
