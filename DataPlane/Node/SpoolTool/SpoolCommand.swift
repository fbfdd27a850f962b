import EventLoop
import Glibc
import NodeProtocol
import Service
import Spool

/// `mta-node spool …`: an operator looks into a spool, or has this node take over another's.
package enum SpoolCommand {
    static let usage = """
        mta-node spool inspect DIR             what is open, waiting and damaged in a node's directory
            --tenant ID --destination NAME --state STATE    only what matches
            --limit N                          rows of each list; 20 when it is not said
            --json                             for programs
        mta-node spool inspect DIR MESSAGE-ID  all that is still known of one message
            --json | --body                    for programs, or the message itself, as it is stored
        mta-node spool adopt DIR               take over what a dead node's directory holds, once
            --journal report|leave             what to do with events that it did not report,
            --journal export FILE              or where to put them
            --reported SEQ                     the control plane has its events up to this number
            --json                             for programs

        inspect changes nothing and takes no lock: the node may be running. DIR is a node's directory, or the
        folder spool in it. States: scheduled, queued, in_flight, deferred, and the final ones.
        adopt works for the node of DISPATCH_NODE_DIR; both nodes must be stopped.

        """

    /// A command line, read.
    enum Request: Equatable {
        case help
        case inspect(
            directory: String, tenant: TenantID?, destination: String?, state: String?, limit: Int,
            asJSON: Bool)
        case message(directory: String, MessageID, asJSON: Bool, bodyOnly: Bool)
        case adopt(directory: String, Adoption.Events, reportedUpTo: UInt64, asJSON: Bool)
    }

    static let defaultLimit = 20
    static let maxLimit = 100_000

    /// Whether these words can be answered without the settings of a node.
    static func needsNoSettings(_ words: [String]) -> Bool {
        if case .adopt? = try? parse(words) { false } else { true }
    }

    /// Runs a command that needs no node: gives the exit code.
    static func inspect(_ words: [String]) throws -> Int32 {
        switch try parse(words) {
        case .help, .adopt: SpoolTool.write(Array(usage.utf8))
        case .inspect(let directory, let tenant, let destination, let state, let limit, let asJSON):
            let filter = SpoolTally.Filter(tenant: tenant, destination: destination, state: state)
            let inspection = try SpoolInspection(
                SpoolFolder(directory), filter, limit: limit, now: WallClock.system.now(),
                progress: SpoolProgress())
            if asJSON {
                try SpoolTool.writeJSON(inspection)
            } else {
                SpoolTool.write(Array(inspection.text().utf8))
            }
        case .message(let directory, let id, let asJSON, let bodyOnly):
            try message(SpoolFolder(directory), id, asJSON, bodyOnly)
        }
        return 0
    }

    private static func message(
        _ folder: SpoolFolder, _ id: MessageID, _ asJSON: Bool, _ bodyOnly: Bool
    ) throws {
        let progress = SpoolProgress()
        let history: SpoolHistory
        do throws(SpoolError) {
            history = try SpoolHistory(of: id, directory: folder.spool) { progress.show("read", $0, of: $1) }
        } catch { throw NodeService.Failure(reading: error, folder.spool) }
        progress.end()
        guard let inspection = MessageInspection(id, history) else {
            throw NodeService.Failure(description: "\(folder.spool) says nothing of \(id)")
        }
        if bodyOnly {
            guard let body = history.body else {
                throw NodeService.Failure(description: "\(folder.spool) has no body of \(id) any more")
            }
            SpoolTool.write(body)
        } else if asJSON {
            try SpoolTool.writeJSON(inspection)
        } else {
            SpoolTool.write(Array(inspection.text().utf8))
        }
    }

    /// `mta-node spool adopt`: gives the exit code.
    static func adopt(
        _ words: [String], _ settings: NodeSettings, on loop: EventLoop, _ log: Log
    ) async throws -> Int32 {
        guard case .adopt(let directory, let events, let reportedUpTo, let asJSON) = try parse(words) else {
            return 64
        }
        let files = NodeFiles(directory: settings.directory)
        guard let identity = try NodeIdentity.load(from: files) else {
            throw NodeService.Failure(
                description: "\(files.identity) does not exist: no node was joined here")
        }
        let folder = try SpoolFolder(directory)
        guard let source = folder.node else {
            throw NodeService.Failure(
                description: "\(directory) lies alone: adopt needs the node's directory, with its journal")
        }
        guard !SpoolFolder.isSame(source, settings.directory) else {
            throw NodeService.Failure(description: "\(directory) is this node's own directory")
        }
        let adoption = Adoption(
            settings: settings, identity: identity, folder: folder, source: NodeFiles(directory: source),
            events: events, reportedUpTo: reportedUpTo, loop: loop, log: log, progress: SpoolProgress())
        let result = try await adoption.run()
        if asJSON {
            try SpoolTool.writeJSON(result)
        } else {
            SpoolTool.write(Array(result.text(source).utf8))
        }
        return 0
    }
}

extension Adoption.Result {
    fileprivate func text(_ source: String) -> String {
        if was_finished { return "the adoption of \(source) was finished before\n" }
        var text = "adopted \(adopted) entries of \(source), \(already_there) were there already\n"
        if events_reported > 0 { text += "\(events_reported) of its events will be reported from here\n" }
        if events_exported > 0 { text += "\(events_exported) of its events were exported\n" }
        if events_left > 0 { text += "\(events_left) of its events are left unreported in its journal\n" }
        if keys > 0 { text += "\(keys) records of idempotency keys were taken over\n" }
        if wishes > 0 { text += "\(wishes) records of wished delivery reports were taken over\n" }
        for id in unreadable { text += "damaged on its disk, failed: \(id)\n" }
        return text
    }
}
