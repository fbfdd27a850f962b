import EventLoop
import Glibc
import Testing

@testable import Service

@Suite struct LifecycleTests {
    private struct Failure: Error {}

    /// Notes what happens to it.
    private struct Part: LifecycleService {
        let name: String
        let journal: Locked<[String]>
        var fails = false
        var hangs = false

        func start() async throws {
            if fails { throw Failure() }
            journal.withLock { $0.append("start \(name)") }
        }

        func stop() async {
            if hangs { await EventLoop.current?.sleep(.seconds(3_600)) }
            journal.withLock { $0.append("stop \(name)") }
        }
    }

    private let journal = Locked<[String]>([])

    private func run(
        _ services: [Part], signals: [Int32], deadline: Duration = .seconds(60)
    ) async throws -> (code: Int32, journal: [String]) {
        let loop = try EventLoop(name: "lifecycle")
        loop.start()
        let left = Locked(signals)
        let log = Log(component: "test", to: LogSink(descriptor: -1, level: .error))
        let code = await Lifecycle.run(services: services, on: loop, stopDeadline: deadline, log: log) {
            while journal.withLock({ $0.count }) < services.count { await loop.sleep(.milliseconds(1)) }
            if let signal = left.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { return signal }
            await loop.sleep(.seconds(3_600))
            return 0
        }
        loop.stop()
        return (code, journal.withLock { $0 })
    }

    @Test func `services start in order and stop in reverse at a signal`() async throws {
        let parts = [Part(name: "a", journal: journal), Part(name: "b", journal: journal)]
        let result = try await run(parts, signals: [15])
        #expect(result.code == 0)
        #expect(result.journal == ["start a", "start b", "stop b", "stop a"])
    }

    @Test func `a service that cannot start stops the ones before it`() async throws {
        let parts = [
            Part(name: "a", journal: journal), Part(name: "b", journal: journal, fails: true),
            Part(name: "c", journal: journal),
        ]
        let result = try await run(parts, signals: [])
        #expect(result.code == Lifecycle.ExitCode.startFailed)
        #expect(result.journal == ["start a", "stop a"])
    }

    @Test func `a second signal ends at once, whatever is still stopping`() async throws {
        let result = try await run([Part(name: "a", journal: journal, hangs: true)], signals: [15, 2])
        #expect(result.code == 130)
    }

    @Test func `a stop that takes too long ends at the deadline`() async throws {
        let part = Part(name: "a", journal: journal, hangs: true)
        let result = try await run([part], signals: [15], deadline: .milliseconds(1))
        #expect(result.code == Lifecycle.ExitCode.deadlinePassed)
    }

    @Test func `the service manager is told over its datagram socket`() {
        let name = "@dispatch-notify-\(getpid())"
        let receiver = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(receiver) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) {
            $0.copyBytes(from: name.utf8)
            $0[0] = 0
        }
        let length = socklen_t(2 + name.utf8.count)
        let bound = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(receiver, $0, length) }
        }
        #expect(bound == 0)
        ServiceManagerNotice.send("READY=1", to: name)
        var buffer = [UInt8](repeating: 0, count: 64)
        let count = recv(receiver, &buffer, buffer.count, 0)
        #expect(String(decoding: buffer.prefix(max(0, count)), as: UTF8.self) == "READY=1")
        ServiceManagerNotice.send("READY=1", to: "no/absolute/path")
    }
}
