import Crypto
import DNS
import Delivery
import Doors
import EventLoop
import FoundationEssentials
import HTTPClient
import Journal
import NodeProtocol
import Queue
import Relay
import Service
import Spool

/// Everything of a node behind its doors, put together in the order in which the parts need each other.
struct NodeParts: Sendable {
    let identity: NodeIdentity
    let keeper: IdentityKeeper
    let holder: SnapshotHolder
    let intake: SnapshotIntake
    let link: ControlPlaneLink
    let journal: Journal
    let spool: Spool
    let keys: KeyLog
    let idempotency: IdempotencyKeys
    /// What the control plane is told at this start.
    let presence: NodePresence
    let dispatcher: LoopBound<Dispatcher>
    let workers: [LoopWorkers]
    let road: Road
    let inbound: InboundRoad
    let reports: ReportRoad
    let wishLog: KeyLog?
    let links: LinkEvents
    let metrics: NodeMetrics
    let mailTLS: MailTLS
    let clock: WallClock
    let group: EventLoopGroup
    let pool: BlockingPool
    let log: Log

    static func assemble(settings: NodeSettings, group: EventLoopGroup, log: Log) async throws -> NodeParts {
        let files = NodeFiles(directory: settings.directory)
        try files.makeDirectories()
        guard let identity = try NodeIdentity.load(from: files) else {
            throw NodeService.Failure(
                description: "\(files.identity) does not exist: run `mta-node join` with a token from "
                    + "`dispatch node create`")
        }
        let clock = WallClock.system
        let metrics = NodeMetrics(MetricsRegistry())
        let main = group.loops[0]
        let pool = BlockingPool(threads: 2, name: "node-files")
        let holder = SnapshotHolder()
        let link = try await makeLink(identity, settings, group, clock)
        let keeper = IdentityKeeper(identity, files: files)
        let store = SnapshotStore(files: files, keeper: keeper)
        let intake = SnapshotIntake(
            store: store, holder: holder, link: link, pool: pool, clock: clock, log: log, metrics: metrics)
        do {
            if let snapshot = try store.load() {
                holder.swap(snapshot)
                metrics.snapshotVersion.set(Int(snapshot.version))
            }
        } catch { log.error("the snapshot on disk is not usable", ["error": .error(error)]) }
        try AdoptionMarks(files).refuseToRun()
        let idempotency = IdempotencyKeys(now: WallClock.steady().now)
        let disks = try await NodeDisks.open(files, settings.spoolConfiguration) {
            idempotency.restore($0.payload, at: $0.at)
        }
        disks.reportJournal(log)
        let (journal, spool, recovery) = (disks.journal, disks.spool, disks.recovery)
        metrics.declare(spool: spool, journal: journal, clock: clock)
        let random = RandomWords()
        let ids = MessageIDs(node: identity.node, random: { random.next() })
        let webhooks = EventWebhooks(ids: ids)
        let unsubscribed = keepUnsubscribed(files, holder, on: main, pool, clock, log)
        let notices = DeliveryNotices(
            ids: ids, hostName: settings.hostName,
            delayMilliseconds: Int64(settings.delayNoticeTime.components.seconds) * 1_000,
            unsubscribed: unsubscribed.list)
        let recorder = Recorder(
            node: identity.node, holder: holder, webhooks: webhooks, notices: notices, log: log)
        guard let routes = settings.routes.map({ RouteTable(setting: $0) }) ?? RouteTable() else {
            throw NodeService.Failure(description: "DISPATCH_ROUTES cannot be read: \(settings.routes ?? "")")
        }
        let loader = MessageLoader(spool: spool, log: log)
        let mailTLS = MailTLS.open(settings, files, node: identity.node, pool, clock, metrics, log)
        let returnPaths = try ReturnPaths(keeper)
        let workers = try await LoopWorkers.make(
            settings: settings, routes: routes, mailTLS: mailTLS, spool: spool, holder: holder,
            returnPaths: returnPaths, unsubscribed: unsubscribed.list, node: identity.node, clock: clock,
            loader: loader, on: group.loops)
        let control = loadControl(files, log)
        let router = LoopBound(
            MailRouter(
                node: identity.node, routes: routes, routeConnections: settings.routeConnections,
                counts: control.memory.warmUp), on: main)
        let lookups = try await main.run {
            let resolver = try LoopWorkers.resolver(settings, mailTLS, main)
            let selector = try LoopWorkers.selector(settings, routes, resolver)
            return LoopBound(DestinationLookups(on: main, selector: selector), on: main)
        }
        let queueStore = LoopBound(QueueStore(on: main, pool: pool, files: files), on: main)
        let seed = random.next()
        let dispatcher = try await main.run {
            makeDispatcher(
                settings, router.value, lookups.value, queueStore.value, workers, main, spool, recorder,
                .steady(), metrics, loader, seed: seed)
        }
        holder.onSwap { snapshot in main.execute { dispatcher.value.take(snapshot) } }
        try await main.run {
            if let snapshot = holder.current { dispatcher.value.take(snapshot) }
            dispatcher.value.restore(control.memory)
        }
        let inbound = makeInbound(
            files, identity, settings, link, holder, spool, dispatcher, webhooks, notices, returnPaths,
            metrics, clock, log)
        let road = Road(
            hostName: settings.hostName, node: identity.node, holder: holder, spool: spool,
            webhooks: webhooks,
            dispatcher: dispatcher, random: random, clock: clock, metrics: metrics,
            unsubscribed: unsubscribed.list, wishes: inbound.reports.wishes)
        let links = LinkEvents(
            node: identity.node, holder: holder, spool: spool, webhooks: webhooks, dispatcher: dispatcher,
            file: unsubscribed, clock: clock, metrics: metrics, log: log.named("links"))
        idempotency.connect(book: NodeKeyBook(spool: spool, log: disks.keys), peers: inbound.peers)
        let bodies = BodyLog()
        let restart = Restart(node: identity.node, spool: spool, log: log, metrics: metrics) {
            id, mail, body in
            guard let snapshot = holder.current, let tenant = snapshot.tenant(mail.tenant) else { return [] }
            return bodies.seal(
                body, id: id, mail: mail, tenant: tenant, snapshot: snapshot, now: clock.now() / 1000)
        }
        await restart.run(recovery) { messages in
            // Waited for: else all of them would be in memory until this loop had time for the first.
            await withUnsafeContinuation { continuation in
                main.execute {
                    dispatcher.value.restore(messages, held: control.held)
                    continuation.resume()
                }
            }
        }
        return NodeParts(
            identity: identity, keeper: keeper, holder: holder, intake: intake, link: link, journal: journal,
            spool: spool, keys: disks.keys, idempotency: idempotency,
            presence: NodePresence(
                controlURL: settings.advertisedControlURL, httpURL: settings.advertisedHTTPURL,
                adopted: try AdoptionMarks(files).adopted().sorted()),
            dispatcher: dispatcher, workers: workers, road: road,
            inbound: inbound.road, reports: inbound.reports, wishLog: inbound.wishLog, links: links,
            metrics: metrics,
            mailTLS: mailTLS,
            clock: clock,
            group: group,
            pool: pool, log: log)
    }

    private static func makeLink(
        _ identity: NodeIdentity, _ settings: NodeSettings, _ group: EventLoopGroup, _ clock: WallClock
    ) async throws -> ControlPlaneLink {
        var clients: [ObjectIdentifier: HTTPClient] = [:]
        for loop in group.loops {
            // The control plane's address is the operator's word: it may be private.
            clients[ObjectIdentifier(loop)] = try await loop.run {
                try HTTPClient(on: loop, HTTPClientSettings(egressGuard: .unrestricted))
            }
        }
        let main = group.loops[0]
        guard let client = clients[ObjectIdentifier(main)] else {
            throw NodeService.Failure(description: "no event loop")
        }
        return ControlPlaneLink(
            addresses: ControlPlaneAddresses(settings.controlPlaneURLs), signer: String(identity.node),
            key: try identity.signingKey(), client: client, relayClients: clients, loop: main, clock: clock)
    }

    /// What operators had imposed and held; without it, where it cannot be read, the node starts all the
    /// same.
    private static func loadControl(
        _ files: NodeFiles, _ log: Log
    ) -> (memory: QueueStore.Memory, held: [MessageID: Set<UInt16>]) {
        do { return (try QueueStore.load(files), try QueueStore.loadHeld(files)) } catch {
            log.error("suspensions and holds of before are lost", ["error": .error(error)])
            return (QueueStore.Memory(), [:])
        }
    }

    /// Who unsubscribed here is kept until a snapshot has him.
    private static func keepUnsubscribed(
        _ files: NodeFiles, _ holder: SnapshotHolder, on loop: EventLoop, _ pool: BlockingPool,
        _ clock: WallClock, _ log: Log
    ) -> UnsubscribedFile {
        let file = UnsubscribedFile(files, pool: pool, log: log)
        let settle: @Sendable (Snapshot) -> Void = { snapshot in
            guard file.list.settle(by: snapshot, now: clock.now()) else { return }
            // What is not written here is settled again at the next start.
            loop.spawn { try? await file.save() }
        }
        if let snapshot = holder.current { settle(snapshot) }
        holder.onSwap(settle)
        return file
    }

    private static func makeDispatcher(
        _ settings: NodeSettings, _ router: MailRouter, _ lookups: DestinationLookups, _ store: QueueStore,
        _ workers: [LoopWorkers], _ loop: EventLoop, _ spool: Spool, _ recorder: Recorder, _ clock: WallClock,
        _ metrics: NodeMetrics, _ loader: MessageLoader, seed: UInt64
    ) -> LoopBound<Dispatcher> {
        let handle = Locked<LoopBound<Dispatcher>?>(nil)
        let dispatcher = Dispatcher(
            on: loop, spool: spool, recorder: recorder, router: router, lookups: lookups, store: store,
            clock: clock, metrics: metrics, loader: loader,
            isHolding: settings.holdsDelivery, seed: seed
        ) { work, seat in
            guard let dispatcher = handle.withLock({ $0 }) else { return }
            workers[seat % workers.count].start(work, dispatcher)
        }
        let bound = LoopBound(dispatcher, on: loop)
        handle.withLock { $0 = bound }
        return bound
    }

    // MARK: Tasks of its own

    /// Reports until the journal closes.
    func startUplink() {
        let uplink = Uplink(
            journal: journal, link: link, loop: group.loops[0], log: log.named("uplink"), metrics: metrics)
        group.loops[0].spawn { await uplink.run() }
    }

    /// Keeps the counts of warm-ups, every minute.
    func startSaving() {
        let (loop, dispatcher) = (group.loops[0], dispatcher)
        loop.spawn {
            while true {
                await loop.sleep(.seconds(60))
                await dispatcher.value.saveIfChanged()
            }
        }
    }

    /// The backstop of the push: asks for the cluster's keys and the newest manifest at start and every 30 s,
    /// and says where this node is reached until that is taken.
    func startAsking() {
        let (loop, link, intake, log, keeper, pool) = (group.loops[0], link, intake, log, keeper, pool)
        let presence = presence
        loop.spawn {
            var isTold = false
            while true {
                if !isTold {
                    do { isTold = try await link.tell(presence).pending.isEmpty } catch {
                        log.debug("the control plane was not told of this node", ["error": .error(error)])
                    }
                }
                do {
                    let keys = try await link.clusterKeys()
                    if try await pool.run({ try keeper.replace(clusterKeys: keys) }) {
                        log.info("cluster keys replaced", ["held": .int(keys.count)])
                    }
                    _ = await intake.take(try await link.manifest())
                } catch { log.debug("the control plane was not asked", ["error": .error(error)]) }
                await loop.sleep(.seconds(30))
            }
        }
    }

    func status() async -> NodeStatus {
        let expired = holder.current.map { $0.manifest.expiresAt <= clock.now() / 1000 } ?? true
        let statistics = journal.statistics
        return NodeStatus(
            node: identity.node, heldVersion: holder.current?.version, snapshotExpired: expired,
            queuedRecipients: await queued(),
            journalBehind: statistics.lastEvent - min(statistics.acknowledged, statistics.lastEvent))
    }

    func health() async -> HealthServer.Health {
        await measure()
        return HealthServer.Health(await status(), spool.statistics, now: clock.now())
    }

    /// Looks at the disk, so that what is told of it is of this moment even while nothing comes in.
    func measure() async {
        try? await pool.run { [spool] in spool.measureSpace() }
    }

    private func queued() async -> Int {
        await withUnsafeContinuation { continuation in
            dispatcher.loop.execute { continuation.resume(returning: dispatcher.value.waitingCount) }
        }
    }

    /// Lets what is in flight come back for up to 12 s, then closes the disks, and last the idle connections.
    func stop() async {
        let (dispatcher, loop) = (dispatcher, group.loops[0])
        try? await loop.run {
            dispatcher.value.stop()
            for _ in 0..<120 where dispatcher.value.inFlightCount > 0 { await loop.sleep(.milliseconds(100)) }
            await dispatcher.value.saveIfChanged()
        }
        await spool.close()
        await keys.close()
        await wishLog?.close()
        await journal.close()
        for worker in workers { await worker.shutDown() }
    }
}
