import Crypto
import EventLoop
import FoundationEssentials
import Glibc
import HTTP
import HTTPClient
import MailFormat
import NodeProtocol
import Postgres
import Relay
import Service

/// A whole control plane: migrates, makes or reads its keys, opens its listener, publishes and keeps house.
///
/// Any number of processes serve one database; one of them publishes. Stopping finishes requests in flight.
package final class ControlPlaneService: LifecycleService {
    package let name = "control-plane"

    /// Why it cannot start; for the operator.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private struct Running {
        let context: ControlContext
        let stopping: StopFlag
        let server: HTTPServer
        let metricsServer: HTTPServer
        let tasks: [Task<Void, Never>]
    }

    private static let stopWithin: Duration = .seconds(10)

    private let settings: ControlSettings
    private let group: EventLoopGroup
    private let log: Log
    private let running = Locked<Running?>(nil)

    package init(settings: ControlSettings, group: EventLoopGroup, log: Log) {
        self.settings = settings
        self.group = group
        self.log = log
    }

    /// Where the API listens: the real port when 0 was asked for. Nil before the start.
    package var address: SocketAddress? { running.withLock { $0?.server.address } }
    package var metricsAddress: SocketAddress? { running.withLock { $0?.metricsServer.address } }
    /// What the parts share. Nil before the start.
    package var context: ControlContext? { running.withLock { $0?.context } }

    package func start() async throws {
        guard let loop = group.loops.first else { throw Failure(description: "there is no loop") }
        let database = PostgresConfiguration(
            url: settings.databaseURL.revealed, applicationName: "dispatch-control-plane")
        let applied = try await Migrations.run(
            owner: PostgresConfiguration(
                url: settings.databaseOwnerURL.revealed, applicationName: "dispatch-migrate"),
            service: database, on: loop)
        if !applied.isEmpty { log.info("schema migrated", ["applied": .int(applied.count)]) }
        let pool = PostgresPool(
            database, limits: PostgresPool.Limits(maxConnections: settings.poolConnections), on: loop)
        let context = try await makeContext(pool, on: loop)
        let keys = ClusterKeys(masterSeal: context.masterSeal)
        let metrics = ControlMetrics()
        let clients = try await LoopClients(on: group.loops)
        let signer = ClusterSigner(context)
        let relay = SendRelay(
            context: context, clients: clients, signer: signer, metrics: metrics,
            proxies: try trustedProxies())
        let nodes = NodeControl(context: context, clients: clients, signer: signer)
        let server = try HTTPServer(
            configuration(settings.listenAddress),
            router: try ControlRouter.make(
                context, keys: keys, relay: relay, nodes: nodes,
                dnsAccounts: DNSAccounts(settings.dnsProviders, clients: clients), metrics: metrics),
            accessLog: Self.accessLog(metrics))
        let metricsServer = try HTTPServer(
            configuration(settings.metricsAddress),
            router: HealthRoutes(pool: pool, metrics: metrics).router())
        let stopping = StopFlag()
        let tasks = try startTasks(context, database, keys, clients, nodes, metrics, stopping)
        try server.start(on: group.loops)
        try metricsServer.start(on: [loop])
        running.withLock {
            $0 = Running(
                context: context, stopping: stopping, server: server, metricsServer: metricsServer,
                tasks: tasks)
        }
        log.info(
            "control plane ready",
            ["address": .describing(server.address), "metrics": .describing(metricsServer.address)])
    }

    package func stop() async {
        guard let running = running.withLock({ $0.take() }) else { return }
        running.stopping.set()
        await running.server.stop(within: Self.stopWithin)
        await running.metricsServer.stop(within: .seconds(1))
        await running.context.pool.close()
        running.context.stop()
        log.info("control plane stopped")
    }

    private func makeContext(_ pool: PostgresPool, on loop: EventLoop) async throws -> ControlContext {
        let seal = try settings.masterSeal()
        let keys = ClusterKeys(masterSeal: seal)
        let clusterID = try await pool.transaction(as: .system) { connection in
            try await keys.ensure(connection)
            return try await keys.clusterID(connection)
        }
        let egress = EgressGuard(allowing: try allowedRanges())
        let lookups = try await DNSLookups(
            nameServers: settings.nameServers, authoritativePort: settings.authoritativePort, egress: egress,
            on: loop)
        return ControlContext(
            pool: pool, masterSeal: seal,
            tokens: try await TokenService.load(
                try settings.tokens.settings(), pool: pool, masterSeal: seal, clusterID: clusterID),
            blocking: BlockingPool(threads: 2, name: "blocking"), loop: loop, clock: Self.now, log: log,
            serviceHost: settings.serviceHost, smtpPort: settings.smtpPublicPort,
            dns: { await lookups.texts($0) }, allowsDomainOverride: settings.allowsDomainOverride,
            egressGuard: egress,
            mailHosts: { await lookups.mailHosts($0) }, delegation: { await lookups.delegation($0) },
            addresses: { await lookups.addresses($0) },
            resolvers: { await lookups.cachedTexts($0) }, publicSuffixes: publicSuffixes(),
            aliases: { await lookups.aliases($0) }, trackingBaseURL: settings.trackingURL)
    }

    private func startTasks(
        _ context: ControlContext, _ database: PostgresConfiguration, _ keys: ClusterKeys,
        _ clients: LoopClients, _ nodes: NodeControl, _ metrics: ControlMetrics, _ stopping: StopFlag
    ) throws -> [Task<Void, Never>] {
        guard let client = clients.client(on: context.loop) else {
            throw Failure(description: "no client for the loop")
        }
        let publisher = Publisher(
            context: context, configuration: database,
            builder: SnapshotBuilder(
                keys: keys,
                global: GlobalChunkBuilder(context),
                lifetimeSeconds: settings.snapshotLifetime.components.seconds, blocking: context.blocking,
                log: log),
            pusher: NodePusher(context: context, client: client, metrics: metrics, stopping: stopping),
            metrics: metrics, stopping: stopping)
        let authenticator = Authenticator(context)
        let domains = Domains(context, authenticator)
        let keyTurning = KeyTurning(
            context: context, domains: domains,
            setups: DNSSetupRoutes(
                context, authenticator, DNSAccounts(settings.dnsProviders, clients: clients)),
            maxAgeDays: settings.dkimKeyDays > 0 ? settings.dkimKeyDays : nil)
        let upkeep = Upkeep(
            context: context, domains: domains, keys: keyTurning,
            auditDays: settings.auditDays > 0 ? settings.auditDays : nil, stopping: stopping)
        let usage = UsageSharing(
            context: context, metrics: metrics, interval: settings.usageInterval, stopping: stopping)
        let notices = NoticeSender(context: context, nodes: nodes, stopping: stopping)
        return [
            context.loop.spawn { await publisher.run() }, context.loop.spawn { await upkeep.run() },
            context.loop.spawn { await notices.run() }, context.loop.spawn { await usage.run() },
        ]
    }

    private func publicSuffixes() -> PublicSuffixes {
        do {
            let text = String(decoding: try SmallFile.read(settings.publicSuffixFile), as: UTF8.self)
            return PublicSuffixes(text) { try? DomainName.ascii($0) }
        } catch {
            log.warning(
                "no list of public suffixes: any name can be claimed as a domain",
                ["file": .string(settings.publicSuffixFile), "error": .error(error)])
            return PublicSuffixes()
        }
    }

    private func allowedRanges() throws(Failure) -> [AddressRange] {
        var ranges: [AddressRange] = []
        for text in settings.egressAllowedCIDRs {
            guard let range = AddressRange(text) else {
                throw Failure(description: "DISPATCH_EGRESS_ALLOWED: \(text) is no network")
            }
            ranges.append(range)
        }
        return ranges
    }

    private func trustedProxies() throws(Failure) -> TrustedProxies {
        var networks: [IPNetwork] = []
        for text in settings.trustedProxies {
            guard let network = IPNetwork(text) else {
                throw Failure(description: "DISPATCH_TRUSTED_PROXIES: \(text) is no network")
            }
            networks.append(network)
        }
        return TrustedProxies(networks)
    }

    private func configuration(_ address: String) throws(Failure) -> HTTPServerConfiguration {
        guard let parsed = SocketAddress(address) else {
            throw Failure(description: "\(address) is no address")
        }
        var configuration = HTTPServerConfiguration(address: parsed)
        configuration.maxConnections = settings.maxConnections
        return configuration
    }

    private static func accessLog(_ metrics: ControlMetrics) -> HTTPServer.AccessLog {
        { record in
            metrics.requests(
                record.method?.rawValue ?? "none", record.routePattern ?? "none", record.status.description
            ).increment()
            metrics.requestSeconds.observe(record.duration)
        }
    }

    /// Milliseconds since 1970.
    private static let now: @Sendable () -> Int64 = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
