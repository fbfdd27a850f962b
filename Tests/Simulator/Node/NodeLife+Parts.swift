import Doors
import EventLoop
import Journal
import NodeProtocol
import Service
import Spool

@testable import Delivery
@testable import Node

extension NodeLife {
    /// Puts a node's core together as `NodeParts` does, with the world's clock, randomness, disk, names and
    /// hosts.
    func assemble(
        _ journal: Journal, _ keys: KeyLog, _ spool: Spool, _ idempotency: IdempotencyKeys,
        _ loops: [EventLoop]
    ) -> Core {
        let main = loops[0]
        let (world, simulator) = (world, simulator)
        let metrics = NodeMetrics(MetricsRegistry())
        let holder = SnapshotHolder()
        holder.swap(world.snapshot)
        let wall = WallClock { world.wallMilliseconds }
        let random = RandomWords { count in
            (0..<count).map { _ in UInt8(truncatingIfNeeded: simulator.word()) }
        }
        let ids = MessageIDs(node: 1, random: { random.next() })
        let webhooks = EventWebhooks(ids: ids)
        let notices = DeliveryNotices(
            ids: ids, hostName: "node.test", delayMilliseconds: 4 * 3_600_000, unsubscribed: Unsubscribed())
        let recorder = Recorder(
            node: 1, holder: holder, webhooks: webhooks, notices: notices, log: Self.silence)
        let pool = BlockingPool(threads: 1, name: "files")
        let workers = workers(spool, holder, wall, loops)
        let dispatcher = dispatcher(spool, recorder, metrics, workers, pool, main)
        let road = Road(
            hostName: "node.test", node: 1, holder: holder, spool: spool, webhooks: webhooks,
            dispatcher: dispatcher, random: random, clock: wall, metrics: metrics)
        let bodies = BodyLog()
        let restart = Restart(
            node: 1, spool: spool, log: Self.silence, metrics: metrics, clock: wall
        ) { id, mail, body in
            guard let tenant = world.snapshot.tenant(mail.tenant) else { return [] }
            return bodies.seal(
                body, id: id, mail: mail, tenant: tenant, snapshot: world.snapshot, now: wall.now() / 1000)
        }
        return Core(
            journal: journal, spool: spool, keys: keys, idempotency: idempotency, dispatcher: dispatcher,
            workers: workers, road: road,
            restart: restart, pool: pool)
    }

    private func workers(
        _ spool: Spool, _ holder: SnapshotHolder, _ clock: WallClock, _ loops: [EventLoop]
    ) -> [LoopWorkers] {
        let keys = KeyRing()
        let loader = MessageLoader(spool: spool, log: Self.silence)
        return loops.map { loop in
            let hosts = SimulatedHosts(simulator, ledger, world, disk, plan, traffic, on: loop)
            let mail = MailWorker(
                on: loop, delivery: hosts, spool: spool, holder: holder, keys: keys,
                returnPaths: world.returnPaths, unsubscribed: Unsubscribed(), node: 1, clock: clock)
            let webhooks = WebhookWorker(
                transport: SimulatedEndpoints(), spool: spool, holder: holder, node: 1, clock: clock)
            return LoopWorkers(on: loop, mail: mail, webhooks: webhooks, loader: loader)
        }
    }

    private func dispatcher(
        _ spool: Spool, _ recorder: Recorder, _ metrics: NodeMetrics, _ workers: [LoopWorkers],
        _ pool: BlockingPool, _ loop: EventLoop
    ) -> LoopBound<Dispatcher> {
        let simulator = simulator
        let start = (wall: world.wallMilliseconds, run: simulator.milliseconds)
        let steady = WallClock { start.wall + simulator.milliseconds - start.run }
        let routes = RouteTable(setting: NodePlan.routes) ?? RouteTable()
        let selector = MXSelector(lookup: SimulatedNames(simulator, on: loop), routes: routes)
        // Nobody gives orders to the queue here, so nothing is ever saved in that folder.
        let store = QueueStore(on: loop, pool: pool, files: NodeFiles(directory: "/nonexistent"))
        let handle = Locked<LoopBound<Dispatcher>?>(nil)
        let dispatcher = Dispatcher(
            on: loop, spool: spool, recorder: recorder,
            router: MailRouter(node: 1, routes: routes, routeConnections: plan.maxConnections),
            lookups: DestinationLookups(on: loop, selector: selector), store: store, clock: steady,
            metrics: metrics, loader: MessageLoader(spool: spool, log: Self.silence), isHolding: false,
            seed: simulator.word()
        ) { work, seat in
            guard let dispatcher = handle.withLock({ $0 }) else { return }
            workers[seat % workers.count].start(work, dispatcher)
        }
        let bound = LoopBound(dispatcher, on: loop)
        handle.withLock { $0 = bound }
        return bound
    }
}

/// Endpoints that take every webhook.
private final class SimulatedEndpoints: WebhookCarrier {
    func deliver(_ attempt: WebhookAttempt) async -> WebhookReport {
        WebhookReport(result: .delivered, fault: nil, detail: nil, response: nil)
    }
}
