import Doors
import EventLoop
import Glibc
import Journal
import NodeProtocol
import Service
import Spool

/// A node takes over what a dead node's spool holds, once: `mta-node spool adopt DIR`.
///
/// What it promises: every open entry of the source is in the own spool, with all that was recorded of it,
/// before the source is marked as adopted; no entry is sent by two nodes, whatever ends this in the middle.
/// Until it is finished neither node runs (`AdoptionMarks`), so nothing that was copied can have been sent
/// and closed before it is run again: an entry that is there already is the same entry, and is passed over.
/// The idempotency keys that the source knows come along, and so do the senders who asked it for delivery
/// reports; the control plane is told at the next start who answers for them. The message ids stay as they
/// are. Entries come as copies (`SpoolGroup.isMoved`): they were accepted, and reported, by the other node.
/// How it fails: with a `NodeService.Failure` in plain words; run it again. Both nodes must be stopped.
struct Adoption {
    /// What becomes of the events that the dead node did not report.
    enum Events: Equatable {
        /// Nothing was said: refused when there are any.
        case unsaid
        /// The own node reports them as its own, behind what it has to report itself.
        case report
        /// They stay in the source's journal.
        case leave
        /// To a file in the form of a report, for whoever wants to look at them.
        case export(String)
    }

    struct Result: Encodable {
        var adopted = 0
        var already_there = 0
        /// Records of idempotency keys, and of senders who asked for delivery reports.
        var keys = 0
        var wishes = 0
        /// Damaged on the dead node's disk: copies are in its quarantine.
        var unreadable: [String] = []
        var events_reported = 0
        var events_exported = 0
        var events_left: UInt64 = 0
        /// A run before this one had finished it.
        var was_finished = false
    }

    let settings: NodeSettings
    let identity: NodeIdentity
    let folder: SpoolFolder
    let source: NodeFiles
    let events: Events
    /// Up to here the control plane has the dead node's events, whatever its journal says.
    let reportedUpTo: UInt64
    let loop: EventLoop
    let log: Log
    let progress: SpoolProgress

    private var files: NodeFiles { NodeFiles(directory: settings.directory) }
    private var marks: AdoptionMarks { AdoptionMarks(files) }
    private static let batchBytes = 2 << 20
    private static let readBytes = 1 << 20

    func run() async throws -> Result {
        if let result = try finishedBefore() { return result }
        var keys: [KeyRecord] = []
        let from = try await openSource { if IdempotencyKeys.outlivesItsNode($0.payload) { keys.append($0) } }
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await adopt(from, keys)) } catch { result = .failure(error) }
        await from.close()
        return try result.get()
    }

    private func adopt(_ from: NodeDisks, _ keys: [KeyRecord]) async throws -> Result {
        let unreported = unreported(from)
        if events == .unsaid, unreported > 0 {
            throw NodeService.Failure(
                description: "\(source.journal) holds \(unreported) events that were not reported: say "
                    + "--journal report, leave, or export FILE; nothing was changed")
        }
        // What follows the mark in the own journal is the copied events alone, so a second run adds none.
        let own = try await open(files, identity.node, tellsOfDamage: try marks.own() == nil)
        let result: Swift.Result<Result, any Error>
        do {
            let before = try await begin(own)
            var counts = Result()
            try await copyKeys(keys, own, &counts)
            try await copyWishes(&counts)
            try await copyEntries(from, own, &counts)
            try await copyEvents(from, own, after: before, &counts)
            try finish()
            result = .success(counts)
        } catch { result = .failure(error) }
        await own.close()
        return try result.get()
    }

    // MARK: Marks

    /// What a run that ended between its last two steps left behind is done here.
    private func finishedBefore() throws -> Result? {
        let own = try marks.own()
        if let own, !SpoolFolder.isSame(own.source, source.directory) {
            throw NodeService.Failure(
                description: "the adoption of \(own.source) was not finished: finish that one first")
        }
        if try AdoptionMarks(source).own() != nil {
            throw NodeService.Failure(
                description: "\(source.directory) has not finished an adoption of its own: finish that first")
        }
        guard let mark = try AdoptionMarks.source(in: folder.spool) else { return nil }
        guard mark.adopter == identity.node, mark.cluster == identity.clusterID, own != nil else {
            throw NodeService.Failure(
                description: "\(folder.spool) was adopted by \(mark.who) on \(mark.time) already")
        }
        guard mark.isFinished else { return nil }
        try noteAdopted()
        try marks.removeOwn()
        var result = Result()
        result.was_finished = true
        return result
    }

    /// Both marks, before the first entry is copied; gives the own journal's last event before the adoption.
    private func begin(_ own: NodeDisks) async throws -> UInt64 {
        if let mark = try marks.own() {
            try writeMark(isFinished: false)
            return mark.lastEventBefore
        }
        let last = own.journal.statistics.lastEvent
        try marks.write(
            AdoptionMarks.Own(source: source.directory, lastEventBefore: last, at: WallClock.system.now()))
        try writeMark(isFinished: false)
        return last
    }

    private func finish() throws {
        try noteAdopted()
        try writeMark(isFinished: true)
        try marks.removeOwn()
    }

    /// For the control plane, which is told at the next start. Noted twice it is the same.
    private func noteAdopted() throws {
        guard let dead = try NodeIdentity.load(from: source), dead.clusterID == identity.clusterID else {
            return
        }
        try marks.add(adopted: try AdoptionMarks(source).adopted().union([dead.node]))
    }

    private func writeMark(isFinished: Bool) throws {
        try AdoptionMarks.write(
            AdoptionMarks.Source(
                adopter: identity.node, adopterName: identity.name, cluster: identity.clusterID,
                at: WallClock.system.now(), isFinished: isFinished), in: folder.spool)
    }

    // MARK: Disks

    /// Opens the dead node's disks as its own start would: what is torn is cut, what is damaged put aside,
    /// and its journal gets the events that it missed.
    private func openSource(_ restore: (KeyRecord) -> Void) async throws -> NodeDisks {
        if events != .leave, !SpoolFolder.isDirectory(source.journal) {
            throw NodeService.Failure(
                description: "\(source.journal) is missing, so nobody knows what was reported: --journal "
                    + "leave goes on without it")
        }
        let number = try NodeIdentity.load(from: source)?.node ?? identity.node
        return try await open(source, number, tellsOfDamage: true, restore)
    }

    private func open(
        _ files: NodeFiles, _ node: UInt16, tellsOfDamage: Bool,
        _ restore: (KeyRecord) -> Void = { _ in }
    ) async throws -> NodeDisks {
        var configuration = settings.spoolConfiguration
        // What is open is read here, and need not move meanwhile.
        configuration.compactMinSegments = .max
        let disks = try await NodeDisks.open(files, configuration, restore: restore)
        disks.reportJournal(log)
        var restart = restart(disks, node)
        restart.tellsOfDamage = tellsOfDamage
        let last = await restart.run(disks.recovery) { _ in }
        do { try await wait(for: last, in: disks.journal, files) } catch {
            await disks.close()
            throw error
        }
        return disks
    }

    /// Until the journal has the events of all groups up to this one.
    private func wait(for sequence: UInt64, in journal: Journal, _ files: NodeFiles) async throws {
        journal.whenDurable(sequence) {}
        while journal.durableSequence < sequence {
            guard journal.statistics.isHealthy else {
                throw NodeService.Failure(description: "\(files.journal) cannot be written")
            }
            await loop.sleep(.milliseconds(20))
        }
    }

    /// Bodies for the log are sealed to the tenants' keys out of the snapshot that this node holds.
    private func restart(_ disks: NodeDisks, _ node: UInt16) -> Restart {
        let snapshot = try? SnapshotStore(files: files, identity: identity).load()
        let bodies = BodyLog()
        return Restart(
            node: node, spool: disks.spool, log: log, metrics: NodeMetrics(MetricsRegistry())
        ) { id, mail, body in
            guard let snapshot, let tenant = snapshot.tenant(mail.tenant) else { return [] }
            return bodies.seal(
                body, id: id, mail: mail, tenant: tenant, snapshot: snapshot,
                now: WallClock.system.now() / 1000)
        }
    }

    // MARK: Keys and entries

    /// What the source remembers of keys. Said twice it is the same, so nothing is passed over.
    private func copyKeys(_ keys: [KeyRecord], _ own: NodeDisks, _ counts: inout Result) async throws {
        for batch in keys.batches(maxBytes: Self.batchBytes, { $0.payload.count }) {
            try await commit(SpoolGroup(records: batch.items.map { .key($0) }), own)
            counts.keys += batch.items.count
        }
    }

    /// Hosts may still report about mail that the source has delivered. Said twice it is the same here too.
    private func copyWishes(_ counts: inout Result) async throws {
        let (from, records) = try ReportWishes.open(source)
        await from.close()
        guard !records.isEmpty else { return }
        let own = try ReportWishes.open(files).log
        let sequence = own.recoveredSequence + 1
        own.append(sequence: sequence, keys: records)
        await own.close()
        guard own.isDurable(upTo: sequence) else {
            throw NodeService.Failure(
                description: "\(files.wishes) cannot be written. Run this again when it can; what was "
                    + "copied is kept")
        }
        counts.wishes = records.count
    }

    private func copyEntries(_ from: NodeDisks, _ own: NodeDisks, _ counts: inout Result) async throws {
        var group = SpoolGroup(records: [])
        group.isMoved = true
        var bytes = 0
        for recovered in from.recovery.entries {
            progress.count("entries")
            if own.spool.contains(recovered.id) {
                counts.already_there += 1
                continue
            }
            let stored: StoredEntry
            do throws(SpoolError) { stored = try await from.spool.entry(of: recovered.id) } catch {
                guard error == .corrupt(recovered.id) else {
                    throw NodeService.Failure(reading: error, folder.spool)
                }
                counts.unreadable.append(recovered.id.description)
                try await end(recovered.id, from)
                continue
            }
            group.records.append(.entry(recovered.id, header: stored.header, body: stored.body))
            for payload in recovered.updates { group.records.append(.update(recovered.id, payload: payload)) }
            bytes += stored.header.count + stored.body.count + recovered.updates.reduce(0) { $0 + $1.count }
            counts.adopted += 1
            guard bytes >= Self.batchBytes else { continue }
            try await commit(group, own)
            group.records.removeAll(keepingCapacity: true)
            bytes = 0
        }
        if !group.records.isEmpty { try await commit(group, own) }
        progress.end()
    }

    private func commit(_ group: SpoolGroup, _ own: NodeDisks) async throws {
        do throws(SpoolError) { _ = try await own.spool.commit(group) } catch {
            let why =
                switch error {
                case .diskLow: "less of the disk is free than DISPATCH_MIN_FREE_PERCENT allows"
                case .diskFailed(let error): "\(error)"
                default: "\(error)"
                }
            throw NodeService.Failure(
                description: "\(files.spool) does not take the entries: \(why). Run this again when it does; "
                    + "what was copied is kept")
        }
    }

    /// A message that cannot be read any more fails: its event joins those that the source has to report.
    private func end(_ id: MessageID, _ from: NodeDisks) async throws {
        let group = LostMessage.group(id, tenant: nil, node: id.node, at: WallClock.system.now())
        do throws(JournalError) { _ = try await from.journal.append(group.events) } catch {
            throw NodeService.Failure(description: "\(source.journal) cannot be written: \(error)")
        }
    }

    // MARK: Events

    private func unreported(_ disks: NodeDisks) -> UInt64 {
        let statistics = disks.journal.statistics
        return statistics.lastEvent - min(start(disks), statistics.lastEvent)
    }

    private func start(_ disks: NodeDisks) -> UInt64 {
        max(disks.journal.statistics.acknowledged, reportedUpTo)
    }

    /// - Parameter before: the own journal's last event before the adoption; what follows it was copied by a
    ///   run before this one, in the same order.
    private func copyEvents(
        _ from: NodeDisks, _ own: NodeDisks, after before: UInt64, _ counts: inout Result
    ) async throws {
        switch events {
        case .unsaid: break
        case .leave: counts.events_left = unreported(from)
        case .report:
            var skipped = own.journal.statistics.lastEvent - before
            counts.events_reported = Int(clamping: skipped)
            try await read(from) { events in
                let new = events.dropFirst(Int(clamping: skipped))
                skipped -= min(skipped, UInt64(events.count))
                guard !new.isEmpty else { return }
                do throws(JournalError) { _ = try await own.journal.append(new.map(\.bytes)) } catch {
                    throw NodeService.Failure(description: "\(files.journal) cannot be written: \(error)")
                }
                counts.events_reported += new.count
            }
        case .export(let path):
            var bytes: [UInt8] = []
            try await read(from) { events in
                bytes += Report(events.map { ($0.seq, $0.bytes) }).encoded()
                counts.events_exported += events.count
            }
            try files.write(bytes, to: path)
        }
    }

    private func read(
        _ disks: NodeDisks, _ take: ([JournalEvent]) async throws -> Void
    ) async throws {
        var seq = start(disks)
        while true {
            let events: [JournalEvent]
            do throws(JournalError) {
                events = try await disks.journal.read(after: seq, maxBytes: Self.readBytes)
            } catch {
                throw NodeService.Failure(description: "\(source.journal) cannot be read: \(error)")
            }
            guard let last = events.last else { return }
            try await take(events)
            seq = last.seq
        }
    }
}
