import Crypto
import DNS
import Delivery
import Doors
import EventLoop
import FoundationEssentials
import Glibc
import HTTP
import HTTPClient
import Journal
import NodeProtocol
import Queue
import Service
import Spool

/// A whole node: reads its identity and what it holds on disk, opens its doors last, closes them first.
///
/// It starts without the control plane when it holds a snapshot, and without a snapshot it accepts nothing
/// yet.
package final class NodeService: LifecycleService {
    package let name = "node"

    /// Why the node cannot start; for the operator.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private struct Running {
        var parts: NodeParts
        var servers: [HTTPServer]
        var smtp: [SMTPServer]
    }

    private let settings: NodeSettings
    private let group: EventLoopGroup
    private let log: Log
    private let running = Locked<Running?>(nil)

    package init(settings: NodeSettings, group: EventLoopGroup, log: Log) {
        self.settings = settings
        self.group = group
        self.log = log
    }

    package func start() async throws {
        let parts = try await NodeParts.assemble(settings: settings, group: group, log: log)
        let doors = try NodeDoors(parts, settings: settings, log: log)
        try doors.start(on: group.loops)
        parts.startUplink()
        parts.startAsking()
        parts.startSaving()
        running.withLock {
            $0 = Running(parts: parts, servers: doors.servers, smtp: doors.smtp)
        }
        log.info("node ready", doors.addresses)
    }

    package func stop() async {
        guard let running = running.withLock({ $0.take() }) else { return }
        await withTaskGroup(of: Void.self) { tasks in
            for server in running.servers { tasks.addTask { await server.stop(within: .seconds(10)) } }
            for server in running.smtp { tasks.addTask { await server.stop(within: .seconds(10)) } }
        }
        await running.parts.stop()
        log.info("node stopped")
    }
}
