import Crypto
import EventLoop
import Journal
import Node
import NodeProtocol
import Spool

/// Makes a backlog out of a few messages: copies each open entry of a stopped node's spool, with what
/// happened to it, until there are as many as were asked for.
///
/// It writes by the spool's own code and knows nothing of what is inside an entry, so what it makes is what
/// the doors made, many times over. The last group bears one event: where that is in the journal, the node
/// takes the events of all groups before it as reported.
struct Backlog {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private static let copiesAtOnce = 2_048

    private let spool: Spool
    private let journal: Journal
    private let samples: [Recovery.Entry]
    private let begun: UInt64

    /// - Parameter directory: of a node that was stopped in good order.
    init(directory: String) async throws {
        let files = NodeFiles(directory: directory)
        (journal, _) = try Journal.open(directory: files.journal)
        let recovery: Recovery
        var configuration = SpoolConfiguration()
        configuration.minFreePercent = 0
        (spool, recovery) = try Spool.open(
            directory: files.spool, configuration: configuration, journal: journal)
        guard recovery.unjournaled.isEmpty else {
            throw Failure(description: "the node in \(directory) was not stopped in good order")
        }
        guard !recovery.entries.isEmpty else { throw Failure(description: "nothing waits in \(directory)") }
        samples = Array(recovery.entries)
        begun = samples.map(\.id.milliseconds).max() ?? 0
    }

    /// Adds copies until `count` entries wait.
    func grow(to count: Int) async throws {
        guard let event = try await journal.read(after: 0, maxBytes: 1).first else {
            throw Failure(description: "the journal is empty")
        }
        var made = samples.count
        while made < count {
            let group = made..<Swift.min(made + Self.copiesAtOnce, count)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for number in group {
                    tasks.addTask { _ = try await copy(samples[number % samples.count], number) }
                }
                try await tasks.waitForAll()
            }
            made = group.upperBound
        }
        let extra = try await copy(samples[0], count)
        _ = try await spool.commit(SpoolGroup(records: [.closed(extra)], events: [event.bytes]))
        await spool.close()
        await journal.close()
    }

    /// The entry and each of its updates as a group of its own, as they were made.
    /// - Parameter number: orders the ids as messages that came one after the other would have them.
    private func copy(_ sample: Recovery.Entry, _ number: Int) async throws -> MessageID {
        let id = MessageID(
            milliseconds: begun + UInt64(number) / 4, node: 1,
            random: (UInt64(number) % 4 * 1_024, UInt64.random(in: .min ... .max)))
        let body = try await spool.body(of: sample.id)
        let entry = SpoolRecord.entry(id, header: sample.header, body: body)
        _ = try await spool.commit(SpoolGroup(records: [entry]))
        for update in sample.updates {
            _ = try await spool.commit(SpoolGroup(records: [.update(id, payload: update)]))
        }
        return id
    }
}
