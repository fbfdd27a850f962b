import DNS
import Delivery
import EventLoop
import FoundationEssentials
import HTTPClient
import NodeProtocol
import Queue
import Spool

/// The workers of one loop: what delivers mail there, and what delivers webhooks.
final class LoopWorkers: Sendable {
    private struct Pair {
        let mail: MailWorker
        let webhooks: WebhookWorker
    }

    private let loop: EventLoop
    private let pair: LoopBound<Pair>
    private let loader: MessageLoader

    init(on loop: EventLoop, mail: MailWorker, webhooks: WebhookWorker, loader: MessageLoader) {
        self.loop = loop
        self.loader = loader
        pair = LoopBound(Pair(mail: mail, webhooks: webhooks), on: loop)
    }

    static func make(
        settings: NodeSettings, routes: RouteTable, mailTLS: MailTLS, spool: Spool, holder: SnapshotHolder,
        returnPaths: ReturnPaths, unsubscribed: Unsubscribed, node: UInt16, clock: WallClock,
        loader: MessageLoader, on loops: [EventLoop]
    ) async throws -> [LoopWorkers] {
        let keys = KeyRing()
        var workers: [LoopWorkers] = []
        for loop in loops {
            let worker = try await loop.run {
                let mail = MailWorker(
                    on: loop, delivery: try delivery(settings, routes, mailTLS, loop), spool: spool,
                    holder: holder, keys: keys, returnPaths: returnPaths, unsubscribed: unsubscribed,
                    node: node, clock: clock)
                let webhooks = WebhookWorker(
                    transport: WebhookTransport(try client(settings, loop)), spool: spool, holder: holder,
                    node: node, clock: clock)
                return LoopWorkers(on: loop, mail: mail, webhooks: webhooks, loader: loader)
            }
            workers.append(worker)
        }
        return workers
    }

    /// Makes attempts on this loop, one after the other over the same slot, until the lane has no more.
    func start(_ first: Work, _ dispatcher: LoopBound<Dispatcher>) {
        loop.spawn { [self] in
            var next: Work? = first
            while let work = next {
                let report = await report(work)
                next = await withUnsafeContinuation { continuation in
                    dispatcher.loop.execute {
                        continuation.resume(returning: dispatcher.value.finish(work, report))
                    }
                }
            }
        }
    }

    private func report(_ work: Work) async -> WorkReport {
        if let message = work.message { return await report(work, message, body: nil) }
        let id = work.attempt.id
        do throws(MessageLoader.Failure) {
            let loaded = try await loader.load(id)
            var report = await report(work, loaded.message, body: loaded.body)
            report.message = loaded.message
            return report
        } catch {
            switch error {
            case .notNow(let error):
                loader.log.error(
                    "entry cannot be read now", ["message_id": .describing(id), "error": .error(error)])
                return .untried
            case .lost(let error):
                loader.log.error(
                    "entry is damaged and given up",
                    ["message_id": .describing(id), "error": .string(error.map { "\($0)" } ?? "no entry")])
                return .dropped
            }
        }
    }

    private func report(_ work: Work, _ message: OpenMessage, body: [UInt8]?) async -> WorkReport {
        if work.attempt.recipients.allSatisfy({ message.waits(Int($0)) }) {
            return await run(work, message, body: body)
        }
        let waiting = work.attempt.recipients.filter { message.waits(Int($0)) }
        guard !waiting.isEmpty else { return .givenUp }
        return await run(work.narrowed(to: RecipientIndexes(waiting)), message, body: body)
    }

    private func run(_ work: Work, _ message: OpenMessage, body: [UInt8]?) async -> WorkReport {
        switch message.entry {
        case .mail(let mail): await pair.value.mail.run(work, mail, due: message.due, body: body)
        case .webhook(let webhook): await pair.value.webhooks.run(work.attempt, webhook, body: body)
        }
    }

    func shutDown() async {
        try? await loop.run { [pair] in await pair.value.mail.shutDown() }
    }

    private static func delivery(
        _ settings: NodeSettings, _ routes: RouteTable, _ mailTLS: MailTLS, _ loop: EventLoop
    ) throws -> MailDelivery {
        let resolver = try resolver(settings, mailTLS, loop)
        let egressGuard = EgressGuard(allowing: try allowed(settings))
        return MailDelivery(
            on: loop, settings: DeliverySettings(clientName: settings.hostName),
            selector: try selector(settings, routes, resolver), contexts: try MailTLSContexts(),
            policies: try mailTLS.policies(resolver, egressGuard, on: loop), reports: mailTLS.reports)
    }

    /// What asks the DNS on a loop.
    static func resolver(
        _ settings: NodeSettings, _ mailTLS: MailTLS, _ loop: EventLoop
    ) throws -> Resolver {
        let servers =
            settings.nameServers.isEmpty
            ? ResolverSettings.systemServers()
            : ResolverSettings.servers(list: settings.nameServers.joined(separator: ","))
        guard let servers, let resolverSettings = mailTLS.resolverSettings(servers) else {
            throw NodeService.Failure(description: "DISPATCH_NAME_SERVERS cannot be read")
        }
        return Resolver(on: loop, resolverSettings)
    }

    /// What finds the hosts of a domain, on the resolver's loop.
    static func selector(
        _ settings: NodeSettings, _ routes: RouteTable, _ resolver: Resolver
    ) throws -> MXSelector {
        MXSelector(
            lookup: resolver, routes: routes,
            egressGuard: EgressGuard(allowing: try allowed(settings), blockedPorts: []),
            port: UInt16(clamping: settings.mxPort), usesIPv6: settings.usesIPv6)
    }

    private static func client(_ settings: NodeSettings, _ loop: EventLoop) throws -> HTTPClient {
        var client = HTTPClientSettings(egressGuard: EgressGuard(allowing: try allowed(settings)))
        if let path = settings.webhookRootsFile {
            client.trustedRootsPEM = try NodeFiles(directory: settings.directory).read(path)
        }
        return try HTTPClient(on: loop, client)
    }

    private static func allowed(_ settings: NodeSettings) throws -> [AddressRange] {
        try settings.egressAllowedCIDRs.map { text in
            guard let range = AddressRange(text) else {
                throw NodeService.Failure(description: "DISPATCH_EGRESS_ALLOWED: \(text) is not a network")
            }
            return range
        }
    }
}
