import EventLoop
import Relay
import Spool

extension NodeParts {
    /// What takes the reports of other hosts, and asks and answers the other nodes about them.
    struct Inbound {
        let peers: NodePeers
        let reports: ReportRoad
        let road: InboundRoad
        let wishLog: KeyLog
    }

    static func makeInbound(
        _ files: NodeFiles, _ identity: NodeIdentity, _ settings: NodeSettings, _ link: ControlPlaneLink,
        _ holder: SnapshotHolder, _ spool: Spool, _ dispatcher: LoopBound<Dispatcher>,
        _ webhooks: EventWebhooks, _ notices: DeliveryNotices, _ returnPaths: ReturnPaths,
        _ metrics: NodeMetrics, _ clock: WallClock
    ) throws -> Inbound {
        let (wishLog, wished) = try ReportWishes.open(files)
        let peers = NodePeers(
            node: identity.node, key: link.key, holder: holder,
            relay: PlaneRelay(maxBodyBytes: 0) {
                metrics.relayed($0.map(String.init) ?? "unreachable").increment()
            }, clients: link.relayClients, clock: clock)
        let reports = ReportRoad(
            node: identity.node, holder: holder, spool: spool, dispatcher: dispatcher,
            returnPaths: returnPaths, notices: notices, wishes: ReportWishes(wished, log: wishLog),
            clock: clock
        ) { await peers.pass($0, to: $1) }
        let road = InboundRoad(
            hostName: settings.hostName, node: identity.node, holder: holder, spool: spool,
            webhooks: webhooks, dispatcher: dispatcher, returnPaths: returnPaths, reports: reports,
            clock: clock, metrics: metrics)
        return Inbound(peers: peers, reports: reports, road: road, wishLog: wishLog)
    }
}
