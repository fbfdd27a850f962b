import FoundationEssentials
import Glibc
import TestSupport

/// A running `control-plane`, ready. Killed when the last reference goes.
final class ControlPlaneProcess: Sendable {
    let child: ChildProcess
    let metricsURL: String

    init(settings: [String: String]) async throws {
        child = try ChildProcess([try Products.path("control-plane"), "run"], environment: settings)
        let line = try await child.waitForLine(containing: "\"control plane ready\"", deadline: .seconds(60))
        let log = try JSONDecoder().decode(JSONValue.self, from: Data(line.utf8))
        metricsURL = "http://\(log["metrics"].text ?? "")"
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
}
