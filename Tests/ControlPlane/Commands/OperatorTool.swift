import FoundationEssentials
import TestSupport

/// The `dispatch` command in the hands of an operator of one control plane.
struct OperatorTool: Sendable {
    /// How a command ended and what it printed.
    struct Result: Sendable {
        let exit: ChildProcess.Exit
        let output: String
        let errors: String

        /// The lines of a table, each as its words.
        var rows: [[String]] {
            output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        }
    }

    let folder: TemporaryDirectory
    private let environment: [String: String]

    init(_ control: ServiceFixture, token: String) throws {
        folder = try TemporaryDirectory(prefix: "dispatch-tool")
        environment = ["DISPATCH_URL": control.baseURL, "DISPATCH_TOKEN": token]
    }

    func run(_ arguments: String...) async throws -> Result {
        try await run(arguments)
    }

    func run(_ command: String, _ arguments: [String]) async throws -> Result {
        try await run([command] + arguments)
    }

    private func run(_ arguments: [String]) async throws -> Result {
        let child = try ChildProcess(
            [try Products.path("dispatch")] + arguments, environment: environment)
        let exit = try await child.wait(deadline: .seconds(30))
        return Result(
            exit: exit, output: child.text(of: .standardOutput), errors: child.text(of: .standardError))
    }
}
