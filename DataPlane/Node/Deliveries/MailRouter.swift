import Delivery
import NodeProtocol
import Queue

/// Decides in which lane mail waits, and whether an attempt may leave from there: destination by the hosts of
/// the domain (or a fixed route), source by the pool of the tenant's stream and the warm-up of its members.
///
/// Pure but for what it remembers. Loop bound: the dispatcher's loop owns it.
final class MailRouter {
    /// What an attempt that is about to begin has to do.
    enum Verdict: Equatable {
        /// Leave; nil: from the node's own address.
        case leave(EgressSource?)
        case move(to: LaneKey)
        case park(until: Queue.Timestamp, ParkingReason)
    }

    private let node: UInt16
    private let routes: RouteTable
    private let routeRows: [LanePolicy]
    private let everyDestination: String?
    private(set) var shaping: Shaping
    private(set) var policies: LanePolicyTable
    private(set) var ledger: WarmUpLedger
    private var egress: EgressTable
    private var destinations = DestinationCache()

    /// - Parameter routeConnections: to each host of a fixed route. It belongs to the operator, so it is as
    ///   fast as it is, not as a stranger's would be.
    init(
        node: UInt16, routes: RouteTable, routeConnections: Int, shaping: Shaping = .builtIn,
        counts: WarmUpLedger.State = .init()
    ) {
        self.node = node
        self.routes = routes
        self.shaping = shaping
        let fixed = Set([routes.everything].compactMap(\.self) + routes.domains.values)
        routeRows = fixed.map(\.description).sorted().map { route in
            LanePolicy(
                id: "route.\(route)", transport: .smtp, destinations: [DestinationPattern(route)],
                limits: LaneLimits(maxConnections: routeConnections, maxMessagesPerConnection: 1_000))
        }
        everyDestination = routes.domains.isEmpty ? routes.everything?.description : nil
        policies = LanePolicyTable(shaping, before: routeRows)
        ledger = WarmUpLedger(shaping, node: node, state: counts)
        egress = EgressTable(shaping, node: node)
    }

    /// Uses another shaping from now on; false when it is the one that holds.
    func update(_ shaping: Shaping) -> Bool {
        guard shaping != self.shaping else { return false }
        self.shaping = shaping
        policies = LanePolicyTable(shaping, before: routeRows)
        ledger.update(shaping, node: node)
        egress = EgressTable(shaping, node: node)
        let policies = policies
        destinations.updateProviders { Self.provider(of: $0, policies) }
        return true
    }

    /// Notes what the DNS said of a domain.
    func learn(_ domain: String, _ name: LaneName, now: Int64) {
        if name.isTransient, destinations.extend(domain, now: now) { return }
        destinations.insert(
            .init(name: name.name, provider: Self.provider(of: name.name, policies)), for: domain,
            ttlSeconds: name.ttlSeconds, now: now)
    }

    /// The lane of new mail; the one of lookups when the domain's hosts are not known.
    ///
    /// - Parameters:
    ///   - pool: asked only when there is more than one address to send from.
    ///   - refresh: called when the domain's hosts are known, but not for much longer.
    func lane(
        of message: MessageID, to domain: String, pool: () -> String?, now: Int64, refresh: () -> Void
    ) -> LaneKey {
        guard let destination = destination(of: domain, now: now, refresh: refresh) else { return .lookup }
        let source = source(of: message, destination.provider, pool: pool, now: now)
        return LaneKey(transport: .smtp, source: source, destination: destination.name)
    }

    /// What is to become of an attempt in its lane: it leaves only to where its domain's hosts are now, from
    /// a source that it may leave from, as long as that one's warm-up allows.
    func check(
        _ attempt: Attempt, pool: () -> String?, now: Int64, refresh: () -> Void
    ) -> Verdict {
        let lane = attempt.lane
        guard let destination = destination(of: attempt.domain, now: now, refresh: refresh) else {
            return .move(to: .lookup)
        }
        let usual = lane.source == EgressTable.ownSource && egress.isTrivial
        if destination.name != lane.destination || !(usual || egress.permits(lane.source, pool: pool())) {
            return .move(
                to: LaneKey(
                    transport: .smtp,
                    source: source(of: attempt.id, destination.provider, pool: pool, now: now),
                    destination: destination.name))
        }
        if usual { return .leave(nil) }
        let moment = Queue.Timestamp(milliseconds: now)
        let usedUp = ledger.take(
            lane.source, provider: destination.provider, copies: attempt.recipients.count, now: moment)
        guard let usedUp else { return .leave(egress.source(lane.source)) }
        let other = source(of: attempt.id, destination.provider, pool: pool, now: now)
        if other != lane.source, ledger.isOpen(other, provider: destination.provider, now: moment) {
            return .move(to: LaneKey(transport: .smtp, source: other, destination: destination.name))
        }
        return .park(until: usedUp.until, ParkingReason(plan: usedUp.plan, text: usedUp.sentence))
    }

    private func destination(
        of domain: String, now: Int64, refresh: () -> Void
    ) -> DestinationCache.Destination? {
        if let everyDestination { return fixed(everyDestination) }
        if let route = routes.route(for: domain) { return fixed(route.description) }
        switch destinations.lookUp(domain, now: now) {
        case .fresh(let destination): return destination
        case .soonStale(let destination):
            refresh()
            return destination
        case .unknown: return nil
        }
    }

    private func fixed(_ name: String) -> DestinationCache.Destination {
        .init(name: name, provider: Shaping.defaultID)
    }

    private func source(
        of message: MessageID, _ provider: String, pool: () -> String?, now: Int64
    ) -> String {
        if egress.isTrivial { return EgressTable.ownSource }
        let now = Queue.Timestamp(milliseconds: now)
        return egress.choose(pool: pool(), message: message) {
            ledger.isOpen($0, provider: provider, now: now)
        }
    }

    private static func provider(of destination: String, _ policies: LanePolicyTable) -> String {
        policies.policy(
            for: LaneKey(transport: .smtp, source: EgressTable.ownSource, destination: destination)
        ).id
    }
}
