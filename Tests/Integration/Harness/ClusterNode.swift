import EventLoop
import TestSupport

/// A node of a cluster, its directory and its settings, so that it can be started again as it was.
final class ClusterNode: Sendable {
    let name: String
    let directory: TemporaryDirectory
    let settings: [String: String]
    private let running = Locked<NodeProcess?>(nil)

    init(_ name: String, _ directory: TemporaryDirectory, _ settings: [String: String]) {
        self.name = name
        self.directory = directory
        self.settings = settings
    }

    /// The process; throws when none was started.
    var process: NodeProcess {
        get throws {
            guard let process = running.withLock({ $0 }) else {
                throw TestSupportError("\(name) was not started")
            }
            return process
        }
    }

    /// Starts the process, or another in its place, on the same addresses, and waits until it is ready.
    @discardableResult
    func start() async throws -> NodeProcess {
        let process = try await NodeProcess(directory: directory.file("node"), settings: settings)
        running.withLock { $0 = process }
        return process
    }

    /// A caller of its HTTP doors.
    func caller(token: String? = nil) async throws -> APICaller {
        try await APICaller("http://\(settings["DISPATCH_HTTP"] ?? "")", token: token)
    }
}
