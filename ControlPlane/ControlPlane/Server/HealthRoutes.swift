import HTTP
import Postgres

/// `/metrics` and `/health`, on a listener of their own for the operator's network.
struct HealthRoutes: Sendable {
    private struct Health: Encodable {
        let status: String
        let database: String
        let is_publisher: Bool
        let database_connections: Int
    }

    let pool: PostgresPool
    let metrics: ControlMetrics

    func router() -> Router {
        var router = Router()
        router.on(
            .get, "/metrics",
            RouteInfo(summary: "Metrics in the text format of Prometheus", authentication: .none)
        ) { _ in .bytes(metrics.registry.render(), contentType: "text/plain; version=0.0.4; charset=utf-8") }
        router.on(
            .get, "/health", RouteInfo(summary: "Whether the control plane works", authentication: .none)
        ) { _ in
            var database = "ok"
            do { try await pool.ping() } catch { database = "\(error)" }
            let status = await pool.status()
            let health = Health(
                status: database == "ok" ? "ok" : "degraded", database: database,
                is_publisher: metrics.isPublisher.value == 1,
                database_connections: status.leased + status.idle)
            return try .json(health, status: database == "ok" ? 200 : 503)
        }
        return router
    }
}
