import EventLoop
import Testing

@testable import Node

/// Work that is asked for several times at the same moment.
@Suite struct UnderWayTests {
    private struct Failed: Error, Equatable {}

    /// Lets nobody on until it is opened.
    private final class Door: Sendable {
        private let state = Locked<(isOpen: Bool, waiting: [CheckedContinuation<Void, Never>])>((false, []))

        func pass() async {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let isOpen = state.withLock { state in
                    if !state.isOpen { state.waiting.append(continuation) }
                    return state.isOpen
                }
                if isOpen { continuation.resume() }
            }
        }

        func open() {
            let waiting = state.withLock { state in
                defer { state = (true, []) }
                return state.waiting
            }
            for continuation in waiting { continuation.resume() }
        }
    }

    /// Asks ten times, of which nine find the first at work.
    private func ask(
        _ underWay: UnderWay<Int, Failed>, fails: Bool
    ) async -> (runs: Int, outcomes: [Result<Bool, Failed>]) {
        let (started, finish) = (Door(), Door())
        let runs = Locked(0)
        @Sendable func one() async -> Result<Bool, Failed> {
            do throws(Failed) {
                let isFirst = try await underWay.run(7) { () async throws(Failed) in
                    runs.withLock { $0 += 1 }
                    started.open()
                    await finish.pass()
                    if fails { throw Failed() }
                }
                return .success(isFirst)
            } catch { return .failure(error) }
        }
        let outcomes = await withTaskGroup(of: Result<Bool, Failed>.self) { group in
            group.addTask { await one() }
            await started.pass()
            for _ in 0..<9 {
                group.addTask { await one() }
            }
            while underWay.waiters(of: 7) < 9 { await Task.yield() }
            finish.open()
            return await group.reduce(into: []) { $0.append($1) }
        }
        return (runs.withLock { $0 }, outcomes)
    }

    @Test func `it is done once, and all hear of it`() async {
        let underWay = UnderWay<Int, Failed>()
        let (runs, outcomes) = await ask(underWay, fails: false)
        #expect(runs == 1)
        #expect(outcomes.count { $0 == .success(true) } == 1)
        #expect(outcomes.count { $0 == .success(false) } == 9)
        // What is done is forgotten.
        #expect(await ask(underWay, fails: false).runs == 1)
    }

    @Test func `who waited for what failed hears that it failed`() async {
        let (runs, outcomes) = await ask(UnderWay(), fails: true)
        #expect(runs == 1)
        #expect(outcomes == Array(repeating: .failure(Failed()), count: 10))
    }

    @Test func `other keys do not wait`() async throws {
        let underWay = UnderWay<Int, Failed>()
        let inner = try await underWay.run(1) { () async throws(Failed) in
            #expect(try await underWay.run(2) { () async throws(Failed) in })
        }
        #expect(inner)
    }
}
