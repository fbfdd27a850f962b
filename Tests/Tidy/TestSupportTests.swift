import Glibc
import TestSupport
import Testing

@Suite struct TestSupportTests {
    @Test func `a temporary directory goes with its last reference`() throws {
        var directory: TemporaryDirectory? = try TemporaryDirectory()
        let path = try #require(directory?.path)
        try directory?.write("hello", to: "file")
        #expect(try Files.text("\(path)/file") == "hello")
        #expect(mkdir("\(path)/folder", 0o700) == 0)
        directory = nil
        #expect(!Files.exists(path))
    }

    @Test func `a child's output and exit are seen, and its environment is what was given`() async throws {
        let script = "echo out $GREETING; echo err >&2; exit 3"
        let child = try ChildProcess(["sh", "-c", script], environment: ["GREETING": "hi"])
        #expect(try await child.waitForLine(containing: "out", in: .standardOutput) == "out hi")
        #expect(try await child.wait() == .code(3))
        #expect(child.text(of: .standardError) == "err\n")
    }

    @Test func `a child gets signals, and is killed with its own children when nobody holds it`() async throws
    {
        var child: ChildProcess? = try ChildProcess(["sh", "-c", "sleep 600 & echo $!; wait"])
        let grandchild = try await child?.waitForLine(in: .standardOutput) { pid_t(String($0)) }
        let pid = try #require(grandchild)
        child = nil
        try await Waiting.until("the end of the grandchild") {
            let state = (try? Files.text("/proc/\(pid)/stat")) ?? ""
            return state.isEmpty || state.contains(") Z ") ? true : nil
        }
        let sleeper = try ChildProcess(["sleep", "600"])
        sleeper.kill(SIGTERM)
        #expect(try await sleeper.wait() == .signal(SIGTERM))
    }

    @Test func `waiting for a line of a process that ends says so`() async throws {
        let child = try ChildProcess(["sh", "-c", "echo nothing useful >&2; exit 1"])
        await #expect(throws: TestSupportError.self) { try await child.waitForLine(containing: "ready") }
    }

    @Test func `free ports differ from those in use`() throws {
        #expect(try FreePort.tcp() > 0)
        #expect(try FreePort.udp() > 0)
    }

    @Test func `a program that was not built is named`() {
        let error = #expect(throws: TestSupportError.self) { try Products.path("no-such-program") }
        #expect(error?.description.contains("/no-such-program was not built") == true)
    }

    @Test(.enabled(if: TestPostgres.isInstalled))
    func `each database is empty and its own`() async throws {
        let first = try await TestPostgres.createDatabase()
        let second = try await TestPostgres.createDatabase()
        #expect(first != second)
        try await ChildProcess.run([
            "psql", "-X", "-v", "ON_ERROR_STOP=1", "-c", "CREATE TABLE t (a int)", first,
        ])
        let name = try #require(first.split(separator: "=").last)
        let third = try await TestPostgres.createDatabase(template: String(name))
        for (database, tables) in [(first, "1"), (second, "0"), (third, "1")] {
            let query = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
            let output = try await ChildProcess.run(["psql", "-X", "-A", "-t", "-c", query, database])
            #expect(output == "\(tables)\n")
        }
        #expect(try await ChildProcess.run(["psql", "-X", "-A", "-t", "-c", "SHOW fsync", first]) == "on\n")
    }
}
