import Delivery
import HTTP
import NodeProtocol
import Spool

/// `/metrics`, `/health` and `/tls-report`, for the operator's own network.
struct HealthServer: Sendable {
    struct Health: Encodable, Sendable {
        let status: String
        let node: UInt16
        let snapshot_version: Int64?
        let snapshot_expired: Bool
        let spool_healthy: Bool
        let disk_low: Bool
        let journal_behind: UInt64
        let queued: Int
        let spool_open_entries: Int
        let spool_live_bytes: Int
        let spool_segments: Int
        let spool_oldest_seconds: Int64
        let spool_quarantined: Int
        let disk_free_bytes_percent: Int?
        let disk_free_inodes_percent: Int?

        /// - Parameter now: milliseconds since 1970.
        init(_ status: NodeStatus, _ disk: SpoolStatistics, now: Int64) {
            let accepts = disk.isHealthy && !disk.isDiskLow && status.heldVersion != nil
            self.status = accepts ? "ok" : "not_accepting"
            node = status.node
            snapshot_version = status.heldVersion
            snapshot_expired = status.snapshotExpired
            spool_healthy = disk.isHealthy
            disk_low = disk.isDiskLow
            journal_behind = status.journalBehind
            queued = status.queuedRecipients
            spool_open_entries = disk.openEntries
            spool_live_bytes = disk.liveBytes
            spool_segments = disk.segments
            spool_oldest_seconds =
                disk.oldestMilliseconds.map { max(0, now - Int64(clamping: $0)) / 1000 } ?? 0
            spool_quarantined = disk.quarantined
            disk_free_bytes_percent = disk.space.map { Int($0.freeBytesShare * 100) }
            disk_free_inodes_percent = disk.space.map { Int($0.freeInodesShare * 100) }
        }
    }

    let metrics: NodeMetrics
    /// Called before the metrics are read.
    let measure: @Sendable () async -> Void
    let health: @Sendable () async -> Health
    let tlsReport: @Sendable (_ day: String?, _ domain: String?) -> TLSReport?

    func router() -> Router {
        var router = Router()
        router.on(
            .get, "/metrics",
            RouteInfo(summary: "Metrics in the text format of Prometheus", authentication: .none)
        ) { _ in
            await measure()
            return .bytes(metrics.registry.render(), contentType: "text/plain; version=0.0.4; charset=utf-8")
        }
        router.on(
            .get, "/health", RouteInfo(summary: "Whether the node takes messages", authentication: .none)
        ) { _ in
            let health = await health()
            return try .json(health, status: health.status == "ok" ? 200 : 503)
        }
        router.on(
            .get, "/tls-report",
            RouteInfo(
                summary: "TLS of the sessions of a UTC day as RFC 8460 has it reported", authentication: .none
            )
        ) { request in
            guard let report = tlsReport(request.query["day"], request.query["domain"]) else {
                throw APIError(404, "not_found", "Nothing is known of that day.", field: "day")
            }
            return try .json(report)
        }
        return router
    }
}
