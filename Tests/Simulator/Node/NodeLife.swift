import Admission
import Crypto
import EventLoop
import Glibc
import Journal
import NodeProtocol
import Queue
import Service
import Spool

@testable import Delivery
@testable import Doors
@testable import Node

/// One life of a node's core: admission, spool, journal, queue, dispatcher, workers and restart as they ship,
/// on a simulated disk, between simulated clients, hosts and a control plane.
final class NodeLife: Sendable {
    /// Lines of a simulated node are of no interest; made here so that no simulated thread writes them.
    static let silence = Log(component: "node", to: LogSink(descriptor: -1, level: .error))
    private static let restMilliseconds = 10_000
    /// An attempt may hang for so long when the deadline comes, and its outcome wait for a disk.
    private static let lateMilliseconds: Int64 = 900_000

    struct Core {
        let journal: Journal
        let spool: Spool
        let keys: KeyLog
        let idempotency: IdempotencyKeys
        let dispatcher: LoopBound<Dispatcher>
        let workers: [LoopWorkers]
        let road: Road
        let restart: Restart
        let pool: BlockingPool
    }

    let simulator: Simulator
    let ledger: Ledger
    let world: NodeWorld
    let disk: SimulatedDisk
    private let span: LifeSpan
    let plan: NodePlan
    let traffic = SimulatedHosts.Traffic()
    private let work = Locked(0)

    init(
        _ simulator: Simulator, _ ledger: Ledger, _ world: NodeWorld, _ disk: SimulatedDisk, _ span: LifeSpan,
        _ plan: NodePlan
    ) {
        self.simulator = simulator
        self.ledger = ledger
        self.world = world
        self.disk = disk
        self.span = span
        self.plan = plan
    }

    private var isOver: Bool { span.isOver(simulator.milliseconds) || disk.isOver }

    /// Runs until the life is over or, in a quiet one, until nothing is left to do. False when the node could
    /// not be started.
    func run() -> Bool {
        let isQuiet = span.endsAt == .max
        var loops: [EventLoop] = []
        for index in 0..<plan.loops {
            guard let loop = try? EventLoop(name: "loop-\(index)") else { return false }
            loop.start()
            loops.append(loop)
        }
        defer {
            for loop in loops { loop.stop() }
            for loop in loops { loop.join() }
        }
        // As on a machine whose clock is set while the node runs: keys go by the time that passes.
        let start = (wall: world.wallMilliseconds, run: simulator.milliseconds)
        let steady = WallClock { [simulator] in start.wall + simulator.milliseconds - start.run }
        let idempotency = IdempotencyKeys(now: steady.now)
        guard let (journal, keys, spool, recovery) = openDisks(idempotency, steady) else { return false }
        idempotency.connect(book: NodeKeyBook(spool: spool, log: keys), peers: nil)
        let core = assemble(journal, keys, spool, idempotency, loops)
        let main = loops[0]
        spawn(main) { await self.report(journal, main) }
        spawn(main) {
            await core.restart.run(recovery) { core.dispatcher.value.restore($0, held: [:]) }
            for client in 0..<self.plan.clients {
                self.spawn(main) { await self.offer(client, core, main) }
            }
            if isQuiet { self.spawn(main) { await self.repeatAll(core, main) } }
            if self.plan.suspends { self.spawn(main) { await self.suspend(core.dispatcher, main) } }
        }
        while !span.isOver(simulator.milliseconds) {
            if isQuiet, isAtRest(core) { break }
            simulator.pause(.milliseconds(isQuiet ? Self.restMilliseconds : 5))
            if plan.setsClock, simulator.chance(isQuiet ? 10 : 2) {
                world.jump(byMilliseconds: Int64(simulator.below(7_200_000)) - 3_600_000)
            }
        }
        if isQuiet { judgeRest(core) } else if simulator.chance(800) { disk.end() }
        span.finish()
        stop(core, main)
        ledger.lifeEnded(at: disk.endedAt) { disk.hadTrouble(since: $0) }
        return true
    }

    private func spawn(_ loop: EventLoop, _ body: @escaping @Sendable () async -> Void) {
        work.withLock { $0 += 1 }
        loop.spawn { [work] in
            await body()
            work.withLock { $0 -= 1 }
        }
    }

    // MARK: - Parts

    private func openDisks(
        _ idempotency: IdempotencyKeys, _ clock: WallClock
    ) -> (Journal, KeyLog, Spool, Recovery)? {
        guard
            let (journal, _) = try? Journal.open(
                directory: "/journal", configuration: plan.journal, disk: disk)
        else { return nil }
        guard
            let (keys, _) = try? KeyLog.open(
                directory: "/keys", configuration: plan.keys, disk: disk, now: clock.now,
                visit: { idempotency.restore($0.payload, at: $0.at) })
        else {
            wait { await journal.close() }
            return nil
        }
        do {
            let (spool, recovery) = try Spool.open(
                directory: "/spool", configuration: plan.spool, disk: disk, journal: journal, keys: keys)
            for key in recovery.keys { idempotency.restore(key.payload, at: key.at) }
            return (journal, keys, spool, recovery)
        } catch {
            wait {
                await keys.close()
                await journal.close()
            }
            return nil
        }
    }

    // MARK: - Rest and end

    private func isAtRest(_ core: Core) -> Bool {
        let statistics = core.journal.statistics
        return work.withLock { $0 } == 1 && core.spool.statistics.openEntries == 0
            && statistics.queuedBytes == 0 && statistics.acknowledged == statistics.lastEvent
            && ledger.lastEvent == statistics.lastEvent
    }

    private func judgeRest(_ core: Core) {
        if !isAtRest(core) {
            ledger.violate(
                "the node does not come to rest: \(core.spool.statistics.openEntries) entries are open, "
                    + "\(core.journal.statistics)")
        }
    }

    /// As a node stops: what is in flight comes back, then the disks are closed.
    private func stop(_ core: Core, _ loop: EventLoop) {
        wait(on: loop) {
            core.dispatcher.value.stop()
            for _ in 0..<3_000 where core.dispatcher.value.inFlightCount > 0 {
                await loop.sleep(.milliseconds(200))
            }
            await core.spool.close()
            await core.keys.close()
            await core.journal.close()
            core.pool.stop()
            while self.work.withLock({ $0 }) > 0 { await loop.sleep(.milliseconds(200)) }
        }
    }

    private func wait(on loop: EventLoop, _ body: @escaping @Sendable () async -> Void) {
        let isDone = Condition(false)
        loop.spawn {
            await body()
            isDone.signal { $0 = true }
        }
        isDone.wait { $0 ? () : nil }
    }

    private func wait(_ body: @escaping @Sendable () async -> Void) {
        guard let loop = try? EventLoop(name: "closing") else { return }
        loop.start()
        wait(on: loop, body)
        loop.stop()
        loop.join()
    }

    // MARK: - The world around

    private func offer(_ client: Int, _ core: Core, _ loop: EventLoop) async {
        let road = core.road
        for _ in 0..<plan.offersPerClient {
            await loop.sleep(.milliseconds(simulator.below(plan.offerPauseMilliseconds)))
            if isOver { return }
            if simulator.chance(400) {
                await offerKeyed(core)
                continue
            }
            let token = world.token()
            let tenant = simulator.below(world.principals.count)
            let principal = world.principals[tenant]
            let recipients = 1 + simulator.below(simulator.chance(100) ? 20 : 3)
            var submission = NodeWorld.submission(
                token, recipients: recipients, tenant: tenant,
                bodyBytes: simulator.below(simulator.chance(100) ? 20_000 : 500))
            submission.stream = simulator.chance(300) ? .bulk : .transactional
            let delay = plan.schedules && simulator.chance(300) ? Int64(simulator.below(3_600_000)) : 0
            if delay > 0 { submission.scheduledAt = world.wallMilliseconds + delay }
            let id = NodeWorld.id(token)
            ledger.offer(
                id, recipients: recipients, notBefore: simulator.milliseconds + delay,
                deadline: simulator.milliseconds + delay
                    + Int64(principal.tenant.limits.deadlineHours) * 3_600_000)
            let refusals = ledger.refusals
            do {
                _ = try await road.submit(submission, from: principal)
                if disk.isOver { return }
                ledger.accepted(id, refusalsBefore: refusals)
            } catch {
                if disk.isOver { return }
                ledger.refused(id)
            }
        }
    }

    /// An operator suspends tenants and lets them go again.
    private func suspend(_ dispatcher: LoopBound<Dispatcher>, _ loop: EventLoop) async {
        for _ in 0..<4 {
            await loop.sleep(.milliseconds(simulator.below(60_000)))
            if isOver { break }
            suspend(Set(world.principals.map(\.tenant.id).filter { _ in simulator.chance(400) }), dispatcher)
        }
        suspend([], dispatcher)
    }

    private func suspend(_ tenants: Set<TenantID>, _ dispatcher: LoopBound<Dispatcher>) {
        let dispatcher = dispatcher.value
        dispatcher.queue.setInactive(tenants, now: dispatcher.timestamp())
        dispatcher.pump()
        world.suspend(tenants)
    }

    private func report(_ journal: Journal, _ loop: EventLoop) async {
        var cursor = journal.statistics.acknowledged
        while true {
            var events: [JournalEvent] = []
            do throws(JournalError) { events = try await journal.read(after: cursor, maxBytes: 4_000) } catch
            {
                if error == .stopping || disk.isOver { return }
                await loop.sleep(.milliseconds(200))
                continue
            }
            if disk.isOver { return }
            guard let last = events.last else {
                guard await journal.waitForMore(after: cursor) else { return }
                await loop.sleep(.milliseconds(50))
                continue
            }
            await loop.sleep(.milliseconds(simulator.below(100)))
            if disk.isOver { return }
            ledger.receive(
                events.map { ($0.seq, $0.bytes) }, tolerance: Self.lateMilliseconds + world.jumps, told)
            if simulator.chance(100) { continue }
            cursor = last.seq
            try? await journal.acknowledge(upTo: cursor)
        }
    }

    private func told(_ bytes: [UInt8]) -> [Ledger.Told]? {
        guard let event = EventRecord(bytes[...])?.event else { return nil }
        if event.kind == .failed, event.recipient == nil {
            // A start found torn bytes of this message. Nothing is damaged here, so none that was accepted
            // may be told of so; of others the control plane takes no notice.
            if world.knows(event.message) { ledger.violate("\(event.message) was given up without damage") }
            return []
        }
        let address = event.accepted?.recipients.first ?? event.recipient
        guard let place = address.flatMap({ NodeWorld.place($0) }) else { return nil }
        if event.kind == .accepted { world.learn(event.message) }
        return [
            Ledger.Told(
                kind: event.kind, message: place.message,
                recipient: event.kind == .accepted ? nil : place.recipient)
        ]
    }
}
