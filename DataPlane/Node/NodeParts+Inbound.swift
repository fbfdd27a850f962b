import EventLoop
import Relay
import Service
import Spool

extension NodeParts {
    /// What takes the reports of other hosts, and asks and answers the other nodes about them.
    struct Inbound {
        let peers: NodePeers
        let reports: ReportRoad
        let road: InboundRoad
        /// Nil when it could not be opened.
        let wishLog: KeyLog?
    }

    static func makeInbound(
        _ files: NodeFiles, _ identity: NodeIdentity, _ settings: NodeSettings, _ link: ControlPlaneLink,
        _ holder: SnapshotHolder, _ spool: Spool, _ dispatcher: LoopBound<Dispatcher>,
        _ webhooks: EventWebhooks, _ notices: DeliveryNotices, _ returnPaths: ReturnPaths,
        _ metrics: NodeMetrics, _ clock: WallClock, _ log: Log
    ) -> Inbound {
        let (wishes, wishLog) = openWishes(files, log)
        let peers = NodePeers(
            node: identity.node, key: link.key, holder: holder,
            relay: PlaneRelay(maxBodyBytes: 0) {
                metrics.relayed($0.map(String.init) ?? "unreachable").increment()
            }, clients: link.relayClients, clock: clock)
        let reports = ReportRoad(
            node: identity.node, holder: holder, spool: spool, dispatcher: dispatcher,
            returnPaths: returnPaths, notices: notices, wishes: wishes, clock: clock
        ) { await peers.pass($0, to: $1) }
        let road = InboundRoad(
            hostName: settings.hostName, node: identity.node, holder: holder, spool: spool,
            webhooks: webhooks, dispatcher: dispatcher, returnPaths: returnPaths, reports: reports,
            clock: clock, metrics: metrics)
        return Inbound(peers: peers, reports: reports, road: road, wishLog: wishLog)
    }

    /// Senders who asked for delivery reports, of ten days; where the log of them cannot be opened the node
    /// starts all the same, and keeps what comes until it stops.
    private static func openWishes(_ files: NodeFiles, _ log: Log) -> (ReportWishes, KeyLog?) {
        do {
            let (wishLog, records) = try ReportWishes.open(files)
            return (ReportWishes(records, log: wishLog), wishLog)
        } catch {
            log.error("wishes for delivery reports are not kept", ["error": .error(error)])
            return (ReportWishes([], log: nil), nil)
        }
    }
}
