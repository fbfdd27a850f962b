import EventLoop
import FoundationEssentials
import HTTPClient
import NodeProtocol
import Postgres
import Service

/// Publishes every change to the nodes, in the one process that was elected for it.
///
/// It promises: a change that commits is built, stored and on its way to every node within the debounce of 20
/// ms and the time of the work itself; a manifest is issued anew long before it expires; whoever leads after
/// a crash compares revisions, so nothing that was notified meanwhile is missed. It fails by losing the
/// database or the lead; then it begins anew after a short pause.
struct Publisher: Sendable {
    /// Any number that no other lock of the service uses: "disppubl" in ASCII.
    static let lockKey: Int64 = 0x6469_7370_7075_626C
    private static let debounce: Duration = .milliseconds(20)
    /// How often a process that does not lead tries to, and how often the leader looks without being woken.
    private static let lookAgain: Duration = .seconds(2)
    private static let pauseAfterFailure: Duration = .milliseconds(500)

    let context: ControlContext
    let configuration: PostgresConfiguration
    let builder: SnapshotBuilder
    let pusher: NodePusher
    let metrics: ControlMetrics
    let stopping: StopFlag

    /// Runs until the service stops. On the context's loop.
    func run() async {
        let election = LeaderElection(key: Self.lockKey, configuration, on: context.loop)
        while !stopping.isSet {
            do {
                if try await election.tryAcquire() {
                    try await lead(election)
                } else {
                    metrics.isPublisher.set(0)
                    await context.loop.sleep(Self.lookAgain)
                }
            } catch {
                metrics.isPublisher.set(0)
                if !stopping.isSet {
                    context.log.warning("publisher begins anew", ["error": .error(error)])
                    await context.loop.sleep(Self.pauseAfterFailure)
                }
            }
        }
        await election.resign()
    }

    private func lead(_ election: LeaderElection) async throws {
        let listener = try await PostgresConnection.connect(configuration)
        let wake = stopping.onSet { [loop = context.loop] in loop.execute { listener.close() } }
        defer {
            stopping.forget(wake)
            listener.close()
        }
        try await listener.listen(to: "dispatch_changes")
        context.log.info("this process publishes snapshots")
        metrics.isPublisher.set(1)
        let global = builder.global
        try await election.asLeader(.system) { connection in
            guard try await global.isOutdated(connection) else { return }
            try await connection.query("SELECT bump_chunk('global')")
        }
        while !stopping.isSet {
            let isComplete = try await publish(election)?.isComplete ?? true
            try await pusher.pushNewest()
            guard isComplete else { continue }
            guard try await listener.nextNotification(timeout: Self.lookAgain) != nil else {
                guard try await election.tryAcquire() else { return }
                continue
            }
            let end = MonotonicTime.now().advanced(by: Self.debounce)
            while MonotonicTime.now() < end,
                try await listener.nextNotification(timeout: end - MonotonicTime.now()) != nil
            {}
        }
    }

    /// Makes one version of what has changed since the last: of all of it, unless that takes long.
    ///
    /// It must store nothing that wakes the publisher, or it would never rest.
    ///
    /// - Returns: nil when nothing has changed.
    @discardableResult
    func publish(_ election: LeaderElection) async throws -> SnapshotBuilder.Published? {
        let started = MonotonicTime.now()
        let now = context.clock() / 1000
        let keys = builder.keys
        if try await election.asLeader(.system, { try await keys.retireReplaced($0) }) {
            context.log.info("a new cluster key is in use")
        }
        let builder = builder
        let published = try await election.asLeader(.system, mode: .repeatableRead) {
            try await builder.publish($0, now: now)
        }
        if let published {
            metrics.publishSeconds.observe(MonotonicTime.now() - started)
            metrics.snapshotVersion.set(Int(published.version))
            metrics.oversizedChunks.increment(by: published.oversizedChunks.count)
            report(published.shapingProblems)
            context.log.info(
                "snapshot published",
                ["version": .int(Int(published.version)), "rebuilt_chunks": .int(published.rebuiltChunks)])
        }
        return published
    }
}

extension Publisher {
    /// One line for each: an operator has to mend them.
    private func report(_ problems: [ShapingProblem]) {
        guard !problems.isEmpty else { return }
        metrics.refusedShapings.increment()
        for problem in problems.prefix(20) {
            context.log.error(
                "the shaping has a problem; nodes keep the one before",
                ["path": .string(problem.apiPath), "problem": .string(problem.text)])
        }
    }
}

/// Tells tasks that the service stops.
final class StopFlag: Sendable {
    /// Names a body until it is forgotten.
    struct Registration: Sendable {
        fileprivate let number: Int
    }

    private struct State {
        var isSet = false
        var nextNumber = 0
        var bodies: [Int: @Sendable () -> Void] = [:]
    }

    private let state = Locked(State())

    var isSet: Bool { state.withLock { $0.isSet } }

    /// How many bodies wait for the flag.
    var waitingCount: Int { state.withLock { $0.bodies.count } }

    /// Calls `body` when the flag is set, unless it was forgotten before; at once when it is already.
    func onSet(_ body: @escaping @Sendable () -> Void) -> Registration {
        let (isSet, number) = state.withLock { state in
            state.nextNumber += 1
            if !state.isSet { state.bodies[state.nextNumber] = body }
            return (state.isSet, state.nextNumber)
        }
        if isSet { body() }
        return Registration(number: number)
    }

    /// Lets go of a body whose work is over.
    func forget(_ registration: Registration) {
        state.withLock { $0.bodies[registration.number] = nil }
    }

    func set() {
        let bodies = state.withLock { state in
            state.isSet = true
            defer { state.bodies = [:] }
            return Array(state.bodies.values)
        }
        for body in bodies { body() }
    }
}
