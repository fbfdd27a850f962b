import Journal
import Service
import Spool

/// Spool, journal and log of idempotency keys of a node's directory, opened together; or in plain words why
/// that cannot be.
struct NodeDisks: Sendable {
    let journal: Journal
    let journalRecovery: JournalRecovery
    let spool: Spool
    let recovery: Recovery
    let keys: KeyLog
    let keyFindings: SegmentLog.Findings

    /// Takes the locks. Throws `NodeService.Failure`.
    ///
    /// - Parameter restore: given what is remembered of idempotency keys, in order.
    static func open(
        _ files: NodeFiles, _ configuration: SpoolConfiguration, restore: (KeyRecord) -> Void = { _ in }
    ) async throws -> NodeDisks {
        let (journal, journalRecovery): (Journal, JournalRecovery)
        do throws(JournalError) {
            (journal, journalRecovery) = try Journal.open(directory: files.journal)
        } catch {
            throw NodeService.Failure(description: text(of: error, files.journal))
        }
        let (keys, keyFindings): (KeyLog, SegmentLog.Findings)
        do throws(SpoolError) {
            (keys, keyFindings) = try KeyLog.open(
                directory: files.keys, now: WallClock.system.now, visit: restore)
        } catch {
            let failure = NodeService.Failure(description: text(of: error, files.keys))
            await journal.close()
            throw failure
        }
        do throws(SpoolError) {
            let (spool, recovery) = try Spool.open(
                directory: files.spool, configuration: configuration, journal: journal, keys: keys)
            for key in recovery.keys { restore(key) }
            return NodeDisks(
                journal: journal, journalRecovery: journalRecovery, spool: spool, recovery: recovery,
                keys: keys, keyFindings: keyFindings)
        } catch {
            let failure = NodeService.Failure(description: text(of: error, files.spool))
            await keys.close()
            await journal.close()
            throw failure
        }
    }

    /// Tells of what opening journal and keys found; `Restart` tells of the spool's.
    func reportJournal(_ log: Log) {
        for warning in journalRecovery.warnings {
            log.warning("journal recovery", ["detail": .string(warning)])
        }
        for text in journalRecovery.quarantined {
            log.error("journal damage put aside", ["detail": .string(text)])
        }
        for warning in keyFindings.warnings {
            log.warning("idempotency key recovery", ["detail": .string(warning)])
        }
        for item in keyFindings.quarantined {
            log.error(
                "idempotency key damage put aside",
                ["path": .string(item.path), "reason": .string(item.reason)])
        }
    }

    /// Spool first: its last events go to the journal, its last keys to their log.
    func close() async {
        await spool.close()
        await keys.close()
        await journal.close()
    }

    static func text(of error: SpoolError, _ directory: String) -> String {
        switch error {
        case .lockedByAnother(let pid): locked(directory, pid)
        case .unknownFormat(let version, let path): later(path, version)
        case .inconsistent(let detail): "\(directory) cannot be used: \(detail)"
        case .diskFailed(let error): "\(directory) cannot be opened: \(error)"
        default: "\(directory) cannot be opened: \(error)"
        }
    }

    private static func text(of error: JournalError, _ directory: String) -> String {
        switch error {
        case .lockedByAnother(let pid): locked(directory, pid)
        case .unknownFormat(let version, let path): later(path, version)
        case .inconsistent(let detail): "\(directory) cannot be used: \(detail)"
        case .diskFailed(let error): "\(directory) cannot be opened: \(error)"
        default: "\(directory) cannot be opened: \(error)"
        }
    }

    private static func locked(_ directory: String, _ pid: Int32) -> String {
        let process = pid > 0 ? "process \(pid)" : "another process"
        return "\(directory) is in use by \(process): two nodes must not share a directory"
    }

    static func later(_ path: String, _ version: UInt32) -> String {
        "\(path) has format version \(version), and this program knows version 1: it was written by a later "
            + "program, which is needed to read it; nothing was changed"
    }
}

extension NodeSettings {
    var spoolConfiguration: SpoolConfiguration {
        var configuration = SpoolConfiguration()
        configuration.segmentBytes = spoolSegmentBytes
        configuration.maxBatchBytes = min(configuration.maxBatchBytes, spoolSegmentBytes)
        configuration.minFreePercent = minFreePercent
        configuration.minFreeInodesPercent = minFreeInodesPercent
        return configuration
    }
}
