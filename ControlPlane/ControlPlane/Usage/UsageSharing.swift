import EventLoop
import Postgres

/// Tells the nodes what each of them has taken for a tenant, so that together they keep its quotas and rates.
///
/// How much a tenant can pass a limit follows from the interval: what the nodes but one take between a report
/// and the snapshot that tells the others. Only the process that publishes does it.
struct UsageSharing: Sendable {
    let context: ControlContext
    let metrics: ControlMetrics
    let interval: Duration
    let stopping: StopFlag

    /// Runs until the service stops. On the context's loop.
    func run() async {
        while !stopping.isSet {
            if metrics.isPublisher.value == 1 {
                do { try await Self.share(context) } catch {
                    if !stopping.isSet {
                        context.log.warning("usage not shared", ["error": .error(error)])
                    }
                }
            }
            await context.loop.sleep(interval)
        }
    }

    /// Notes what has changed since the last time, and has the chunks that tell of it published.
    static func share(_ context: ControlContext) async throws {
        try await context.pool.transaction(as: .system) { connection in
            let rows = try await connection.query(
                """
                WITH changed AS (
                    INSERT INTO usage_shares AS s
                        (tenant_id, node, month, day, month_recipients, day_recipients, messages)
                    SELECT m.tenant_id, m.node, m.month, now()::date, m.recipients,
                        coalesce(d.recipients, 0), m.messages
                    FROM usage_monthly m LEFT JOIN usage_daily d
                        ON d.tenant_id = m.tenant_id AND d.node = m.node AND d.day = now()::date
                    WHERE m.month = date_trunc('month', now())::date
                    ON CONFLICT (tenant_id, node) DO UPDATE SET
                        month = EXCLUDED.month, day = EXCLUDED.day,
                        month_recipients = EXCLUDED.month_recipients,
                        day_recipients = EXCLUDED.day_recipients, messages = EXCLUDED.messages,
                        told_at = now(),
                        per_minute = CASE WHEN s.month = EXCLUDED.month
                            THEN greatest(0, round((EXCLUDED.messages - s.messages) * 60
                                / greatest(1, extract(epoch FROM now() - s.told_at))))
                            ELSE 0 END
                    WHERE s.per_minute > 0
                        OR (s.month, s.month_recipients, s.day_recipients, s.messages)
                            IS DISTINCT FROM (EXCLUDED.month, EXCLUDED.month_recipients,
                                EXCLUDED.day_recipients, EXCLUDED.messages)
                    RETURNING tenant_id)
                SELECT DISTINCT tenant_bucket(tenant_id) AS bucket FROM changed ORDER BY 1
                """)
            for row in rows {
                let bucket: String = try row["bucket"]
                try await connection.query("SELECT bump_chunk('usage/' || \(bucket)::text)")
            }
        }
    }
}
