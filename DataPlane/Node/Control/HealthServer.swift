import Delivery
import HTTP
import NodeProtocol

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
    }

    let metrics: NodeMetrics
    let health: @Sendable () async -> Health
    let tlsReport: @Sendable (_ day: String?, _ domain: String?) -> TLSReport?

    func router() -> Router {
        var router = Router()
        router.on(
            .get, "/metrics",
            RouteInfo(summary: "Metrics in the text format of Prometheus", authentication: .none)
        ) { _ in
            .bytes(metrics.registry.render(), contentType: "text/plain; version=0.0.4; charset=utf-8")
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
