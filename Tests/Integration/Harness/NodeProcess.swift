import EventLoop
import FoundationEssentials
import Glibc
import TestSupport

/// A running `mta-node`, ready, with the addresses that it listens on. Killed when the last reference goes.
final class NodeProcess: Sendable {
    let child: ChildProcess
    private let log: JSONValue

    /// Starts a node on a directory that holds an identity.
    init(directory: String, settings: [String: String]) async throws {
        let base = [
            "DISPATCH_NODE_DIR": directory, "DISPATCH_HTTP": "127.0.0.1:0", "DISPATCH_SMTP": "127.0.0.1:0",
            "DISPATCH_INBOUND": "127.0.0.1:0",
            "DISPATCH_CONTROL": "127.0.0.1:0", "DISPATCH_METRICS": "127.0.0.1:0", "DISPATCH_LOOPS": "2",
            "DISPATCH_HOST_NAME": "node.test", "DISPATCH_MIN_FREE_PERCENT": "0",
            "DISPATCH_MIN_FREE_INODES_PERCENT": "0",
            "DISPATCH_EGRESS_ALLOWED": "127.0.0.0/8",
        ]
        child = try ChildProcess(
            [try Products.path("mta-node"), "run"], environment: base.merging(settings) { $1 })
        let line = try await child.waitForLine(containing: "\"node ready\"")
        log = try JSONDecoder().decode(JSONValue.self, from: Data(line.utf8))
    }

    var httpURL: String { "http://\(log["http"].text ?? "")" }
    var controlURL: String { "http://\(log["control"].text ?? "")" }
    var metricsURL: String { "http://\(log["metrics"].text ?? "")" }

    /// Where a listener is: `http`, `smtp`, `smtps`, `inbound`, `control`, `metrics`.
    func address(of listener: String) throws -> SocketAddress {
        guard let address = log[listener].text.flatMap({ SocketAddress($0) }) else {
            throw TestSupportError("the node has no listener \(listener)")
        }
        return address
    }

    /// SIGKILL, and waits for the end.
    func kill() async throws {
        child.kill(SIGKILL)
        try await child.wait()
    }

    /// SIGTERM, and waits for the end.
    func stop() async throws -> ChildProcess.Exit {
        child.kill(SIGTERM)
        return try await child.wait()
    }

    /// The lines of the log with this message, in order.
    func logLines(_ message: String) -> [JSONValue] {
        child.text(of: .standardError).split(separator: "\n").compactMap { line in
            guard line.contains("\"message\":\"\(message)\"") else { return nil }
            return try? JSONDecoder().decode(JSONValue.self, from: Data(line.utf8))
        }
    }

    /// Resident memory now, in bytes.
    func residentBytes() throws -> Int {
        let fields = try Files.text("/proc/\(child.pid)/statm").split(separator: " ")
        guard fields.count > 1, let pages = Int(fields[1]) else {
            throw TestSupportError("statm cannot be read")
        }
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// The value of a metric, given with its labels as it is printed; 0 when it is not there.
    func metric(_ name: String) async throws -> Int {
        let text = try await APICaller(metricsURL).get("/metrics").text
        for line in text.split(separator: "\n") where line.hasPrefix("\(name) ") {
            return Int(line.dropFirst(name.utf8.count + 1)) ?? 0
        }
        return 0
    }

    func health() async throws -> JSONValue { try await APICaller(metricsURL).get("/health").json }

    /// Waits until nothing waits in the queue.
    func waitUntilIdle(deadline: Duration = .seconds(30)) async throws {
        try await eventually("an empty queue", deadline: deadline) {
            try await self.health()["queued"].integer == 0 ? true : nil
        }
    }
}
