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

    private static let copiesPerGroup = 64

    private let spool: Spool
    private let journal: Journal
    private let samples: [Recovery.Entry]

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
        samples = recovery.entries
    }

    /// Adds copies until `count` entries wait.
    func grow(to count: Int) async throws {
        guard let event = try await journal.read(after: 0, maxBytes: 1).first else {
            throw Failure(description: "the journal is empty")
        }
        var records: [SpoolRecord] = []
        for number in samples.count..<max(count, samples.count) {
            records += try await copy(samples[number % samples.count])
            if (number + 1).isMultiple(of: Self.copiesPerGroup) {
                _ = try await spool.commit(SpoolGroup(records: records))
                records.removeAll(keepingCapacity: true)
            }
        }
        records += try await copy(samples[0])
        _ = try await spool.commit(SpoolGroup(records: records, events: [event.bytes]))
        await spool.close()
        await journal.close()
    }

    private func copy(_ sample: Recovery.Entry) async throws -> [SpoolRecord] {
        let id = MessageID(
            milliseconds: sample.id.milliseconds, node: 1, random: (Self.random(), Self.random()))
        let body = try await spool.body(of: sample.id)
        return [.entry(id, header: sample.header, body: body)]
            + sample.updates.map { .update(id, payload: $0) }
    }

    private static func random() -> UInt64 { UInt64.random(in: .min ... .max) }
}
