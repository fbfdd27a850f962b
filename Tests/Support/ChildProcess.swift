import Glibc
import Synchronization

/// A program that a test runs: its output goes to files, and it is killed, with the processes that it
/// started, when the last reference goes or the test process ends.
package final class ChildProcess: Sendable {
    /// How a process ended.
    package enum Exit: Sendable, Equatable {
        case code(Int32)
        case signal(Int32)
    }

    package enum Output: String, Sendable { case standardOutput = "stdout", standardError = "stderr" }

    package let pid: pid_t
    private let folder: TemporaryDirectory
    private let exit = Mutex<Exit?>(nil)

    /// Starts a program.
    /// - Parameters:
    ///   - arguments: the program first: a path, or a name to be found in `PATH`.
    ///   - environment: exactly what it gets, `PATH` apart, which is ours unless given.
    package init(_ arguments: [String], environment: [String: String] = [:], folder: String? = nil) throws {
        let files = try TemporaryDirectory(prefix: "dispatch-child")
        self.folder = files
        let descriptors = [Output.standardOutput, .standardError].map {
            open(files.file($0.rawValue), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        }
        defer { for descriptor in descriptors { close(descriptor) } }
        let path = environment["PATH"] ?? getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        let program = try Self.find(arguments.first ?? "", in: path)
        pid = try Spawn.start(
            [program] + arguments.dropFirst(),
            environment: environment.merging(["PATH": path]) { mine, _ in mine },
            folder: folder, output: descriptors[0], error: descriptors[1])
        Watchdog.shared.endAtEnd(child: pid)
    }

    deinit {
        if poll() == nil {
            Glibc.kill(-pid, SIGKILL)
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        }
        Watchdog.shared.forget(pid)
    }

    /// Runs a program to its end and gives what it printed; throws when it fails or takes longer than the
    /// deadline.
    @discardableResult
    package static func run(
        _ arguments: [String], environment: [String: String] = [:], folder: String? = nil,
        deadline: Duration = .seconds(60)
    ) async throws -> String {
        let child = try ChildProcess(arguments, environment: environment, folder: folder)
        let exit = try await child.wait(deadline: deadline)
        guard exit == .code(0) else {
            throw TestSupportError(
                "\(arguments.joined(separator: " ")): \(exit)\n\(child.text(of: .standardError))")
        }
        return child.text(of: .standardOutput)
    }

    /// Sends a signal. Nothing happens when the process has ended.
    package func kill(_ signal: Int32) {
        exit.withLock { if $0 == nil { Glibc.kill(pid, signal) } }
    }

    /// How the process ended, or nil while it runs.
    package func poll() -> Exit? {
        exit.withLock { exit in
            if exit != nil { return exit }
            var status: Int32 = 0
            guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
            exit = status & 0x7F == 0 ? .code(status >> 8 & 0xFF) : .signal(status & 0x7F)
            return exit
        }
    }

    /// Waits for the end; throws when it does not come within the deadline (the process then goes on).
    @discardableResult
    package func wait(deadline: Duration = .seconds(30)) async throws -> Exit {
        try await Waiting.until("the end of process \(pid)", deadline: deadline) { self.poll() }
    }

    /// All that the process has printed so far.
    package func text(of output: Output) -> String { (try? Files.text(folder.file(output.rawValue))) ?? "" }

    /// Waits for a line that `matches` takes, and gives what it made of it. Throws, with all that was
    /// printed, when the process ends first or the deadline passes.
    package func waitForLine<Result: Sendable>(
        in output: Output = .standardError, deadline: Duration = .seconds(30),
        _ matches: @escaping @Sendable (Substring) -> Result?
    ) async throws -> Result {
        do {
            return try await Waiting.until("a line of process \(pid)", deadline: deadline) {
                let ended = self.poll()
                let lines = self.text(of: output).split(separator: "\n", omittingEmptySubsequences: false)
                    .dropLast()
                for line in lines { if let result = matches(line) { return result } }
                if let ended { throw TestSupportError("process \(self.pid) ended before: \(ended)") }
                return nil
            }
        } catch {
            throw TestSupportError("\(error)\n\(text(of: .standardOutput))\(text(of: .standardError))")
        }
    }

    /// Waits for a line that contains a text and gives the line.
    @discardableResult
    package func waitForLine(
        containing text: String, in output: Output = .standardError, deadline: Duration = .seconds(30)
    ) async throws -> String {
        try await waitForLine(in: output, deadline: deadline) { $0.contains(text) ? String($0) : nil }
    }

    /// The path of an executable: the name itself when it has a slash, else the first in the folders of
    /// `path`.
    package static func find(_ name: String, in path: String) throws -> String {
        if name.contains("/") { return name }
        let folders = path.split(separator: ":").map(String.init) + ["/usr/sbin", "/sbin"]
        guard let folder = folders.first(where: { access("\($0)/\(name)", X_OK) == 0 }) else {
            throw TestSupportError("there is no program \(name) in PATH")
        }
        return "\(folder)/\(name)"
    }
}
