import EventLoop
import Journal
import NodeProtocol
import Spool

/// `mta-node spool inspect DIR`: what is open, and what is damaged.
struct SpoolInspection: Encodable {
    struct Damage: Encodable {
        let segment: UInt32
        let offset: Int
        let bytes: Int
        let reason: String
    }

    struct Group: Encodable {
        let name: String
        let entries: Int
        let recipients: Int
        let bytes: Int
    }

    let spool: String
    /// The process that has it open; its figures change while they are read.
    let open_in_process: Int32?
    let adopted_by: String?
    let entries: Int
    let webhooks: Int
    let recipients: Int
    let message_bytes: Int
    let unreadable_entries: Int
    let oldest_accepted_at: String?
    let oldest_seconds: Int64?
    let segments: Int
    let disk_bytes: Int
    let live_bytes: Int
    let unfinished_bytes: Int
    let unreported_events: Int?
    let by_state: [Group]
    let by_tenant: [Group]
    let by_destination: [Group]
    let oldest: [SpoolTally.Row]
    let damage: [Damage]
    let unreadable_segments: [UInt32]
    let quarantine: [String]

    /// Throws `NodeService.Failure`.
    ///
    /// - Parameter now: milliseconds since 1970.
    init(
        _ folder: SpoolFolder, _ filter: SpoolTally.Filter, limit: Int, now: Int64, progress: SpoolProgress
    ) throws {
        let survey: SpoolSurvey
        do throws(SpoolError) {
            survey = try SpoolSurvey(directory: folder.spool) { progress.show("read", $0, of: $1) }
        } catch { throw NodeService.Failure(reading: error, folder.spool) }
        var tally = SpoolTally(filter, limit: limit)
        for entry in survey.entries {
            tally.add(entry)
            progress.count("entries")
        }
        progress.end()
        spool = folder.spool
        open_in_process = DirectoryLock.holder(of: folder.spool)
        adopted_by = try AdoptionMarks.source(in: folder.spool).map { mark in
            "\(mark.who), \(mark.time)\(mark.isFinished ? "" : ", not finished")"
        }
        entries = tally.all.entries
        webhooks = tally.webhooks
        recipients = tally.all.recipients
        message_bytes = tally.all.bytes
        unreadable_entries = tally.unreadable
        oldest_accepted_at = tally.oldestMilliseconds.map { SpoolTime.text(Int64(clamping: $0)) }
        oldest_seconds = tally.oldestMilliseconds.map { max(0, now - Int64(clamping: $0)) / 1000 }
        segments = survey.log.segments.count
        disk_bytes = survey.log.segments.reduce(0) { $0 + $1.bytes }
        live_bytes = survey.liveBytes
        unfinished_bytes = survey.log.segments.reduce(0) { $0 + $1.unfinishedBytes }
        unreported_events = try Self.unreported(folder)
        by_state = Self.groups(tally.byState, limit: .max)
        by_tenant = Self.groups(tally.byTenant, limit: limit)
        by_destination = Self.groups(tally.byDestination, limit: limit)
        oldest = tally.oldest
        damage = survey.log.damage.map {
            Damage(
                segment: $0.segment, offset: $0.range.lowerBound, bytes: $0.range.count, reason: $0.reason)
        }
        unreadable_segments = survey.log.unreadableSegments
        quarantine = survey.log.quarantined
    }

    private static func unreported(_ folder: SpoolFolder) throws -> Int? {
        guard let journal = folder.journal, SpoolFolder.isDirectory(journal) else { return nil }
        do throws(JournalError) { return try JournalSurvey(directory: journal).unreported } catch {
            throw NodeService.Failure(description: "\(journal) cannot be read: \(error)")
        }
    }

    /// The largest first.
    private static func groups(_ sums: [String: SpoolTally.Sum], limit: Int) -> [Group] {
        let sorted = sums.sorted { ($1.value.recipients, $0.key) < ($0.value.recipients, $1.key) }
        return sorted.prefix(limit).map { name, sum in
            Group(name: name, entries: sum.entries, recipients: sum.recipients, bytes: sum.bytes)
        }
    }
}

extension NodeService.Failure {
    init(reading error: SpoolError, _ path: String) {
        switch error {
        case .unknownFormat(let version, let path):
            self.init(description: NodeDisks.later(path, version))
        case .diskFailed(let error): self.init(description: "\(path) cannot be read: \(error)")
        default: self.init(description: "\(path) cannot be read: \(error)")
        }
    }
}
