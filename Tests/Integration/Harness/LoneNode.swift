import Crypto
import EventLoop
import FoundationEssentials
import Glibc
import TestSupport

/// A node with a signed snapshot of one tenant and no control plane: a real process that can be killed and
/// started again on the same directory.
final class LoneNode: Sendable {
    /// What `node-fixture` printed.
    struct Fixture: Sendable {
        let tenant: String
        let apiKey: String
        let username: String
        let password: String
        let domain: String
        /// DER, base64.
        let dkimPublicKey: String
    }

    let directory: TemporaryDirectory
    let fixture: Fixture
    private let settings: [String: String]
    private let running = Locked<NodeProcess?>(nil)

    /// Makes the directory; `start` starts the process.
    /// - Parameter settings: environment variables that are added to those of every test node.
    init(_ settings: [String: String]) async throws {
        let directory = try TemporaryDirectory(prefix: "dispatch-node")
        let text = try await ChildProcess.run([try Products.path("node-fixture"), directory.file("node")])
        var values: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { values[String(parts[0])] = String(parts[1]) }
        }
        func value(_ name: String) throws -> String {
            guard let value = values[name] else { throw TestSupportError("node-fixture printed no \(name)") }
            return value
        }
        fixture = Fixture(
            tenant: try value("TENANT"), apiKey: try value("API_KEY"), username: try value("USERNAME"),
            password: try value("PASSWORD"), domain: try value("DOMAIN"),
            dkimPublicKey: try value("DKIM_PUBLIC_KEY"))
        self.directory = directory
        self.settings = settings
    }

    /// The process; throws when none was started.
    var process: NodeProcess {
        get throws {
            guard let process = running.withLock({ $0 }) else {
                throw TestSupportError("the node was not started")
            }
            return process
        }
    }

    /// Starts the process, or another in its place, and waits until it is ready.
    @discardableResult
    func start() async throws -> NodeProcess {
        let base = ["DISPATCH_CONTROL_URL": "http://127.0.0.1:9"].merging(settings) { $1 }
        let process = try await NodeProcess(directory: directory.file("node"), settings: base)
        running.withLock { $0 = process }
        return process
    }

    /// A caller with the tenant's API key.
    func caller() async throws -> APICaller { try await APICaller(process.httpURL, token: fixture.apiKey) }

    /// A message of the tenant for the ingestion API.
    func message(_ subject: String, to: String = "someone@example.net", text: String = "Hello.") -> JSONValue
    {
        [
            "from": "app@\(fixture.domain)", "to": .string(to), "subject": .string(subject),
            "text": .string(text),
        ]
    }
}
