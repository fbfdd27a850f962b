import EventLoop
import FoundationEssentials
import Postgres
import Service

/// What has to be done now and then: partitions made and dropped, what expired deleted, domains looked at,
/// keys turned over.
///
/// Every process does it; each step can be done twice without harm. A step that fails is logged and done
/// again at its next time.
struct Upkeep: Sendable {
    private static let minute: Duration = .seconds(60)
    private static let minutesBetweenPartitions = 60
    private static let minutesBetweenExpiries = 10
    private static let minutesBetweenKeys = 5
    private static let maxRowsAtOnce: Int32 = 2_000
    private static let keptManifests: Int32 = 20

    let context: ControlContext
    let domains: Domains
    let keys: KeyTurning
    /// How long the audit log is kept; nil is for ever.
    let auditDays: Int?
    let stopping: StopFlag

    /// Runs until the service stops. On the context's loop.
    func run() async {
        var minutes = 0
        while !stopping.isSet {
            if minutes % Self.minutesBetweenPartitions == 0 {
                await attempt("partitions") { try await partitions() }
            }
            if minutes % Self.minutesBetweenExpiries == 0 { await attempt("expiry") { try await expire() } }
            if minutes % Self.minutesBetweenKeys == 0 { await attempt("keys") { try await keys.run() } }
            await attempt("domains") { while try await domains.recheckDue() > 0, !stopping.isSet {} }
            await attempt("tracking keys") { try await takeOverTrackingKeys() }
            await attempt("early events") { try await EarlyEvents.settle(context.pool, context.log) }
            await attempt("nonces") { try await forgetNonces() }
            minutes += 1
            await context.loop.sleep(Self.minute)
        }
    }

    private func attempt(_ step: String, _ body: () async throws -> Void) async {
        do { try await body() } catch {
            if !stopping.isSet {
                context.log.warning("upkeep failed", ["step": .string(step), "error": .error(error)])
            }
        }
    }

    private func partitions() async throws {
        try await context.pool.query("SELECT ensure_day_partitions(3)", as: .system)
        try await context.pool.query("SELECT drop_expired_partitions()", as: .system)
    }

    /// Deletes what is over.
    func expire() async throws {
        try await expireMessages()
        try await domains.forgetOldKeys()
        try await forgetPeople()
        try await context.pool.query(
            "DELETE FROM notices WHERE created_at < now() - interval '7 days'", as: .system)
        try await context.pool.query(
            "DELETE FROM usage_hourly WHERE hour < now() - make_interval(hours => \(UsageHours.kept))",
            as: .system)
        try await context.pool.query("DELETE FROM idempotency_keys WHERE expires_at < now()", as: .system)
        try await context.pool.query(
            """
            DELETE FROM snapshot_versions WHERE version < (
                SELECT min(version) FROM (
                    SELECT version FROM snapshot_versions
                    ORDER BY version DESC LIMIT \(Self.keptManifests)) kept)
            """, as: .system)
        // A node may still be fetching what the manifest before the newest names.
        try await context.pool.query(
            """
            DELETE FROM snapshot_chunks c WHERE created_at < now() - interval '1 hour'
                AND NOT EXISTS (SELECT FROM published_chunks p WHERE p.name = c.name AND p.sha256 = c.sha256)
            """, as: .system)
    }

    /// Messages whose time in the log is over, with all that belongs to them.
    private func expireMessages() async throws {
        while !stopping.isSet {
            let row = try await context.pool.query(
                """
                WITH gone AS (
                    DELETE FROM emails WHERE (tenant_id, accepted_at, id) IN (
                        SELECT tenant_id, accepted_at, id FROM emails WHERE expires_at < now()
                        LIMIT \(Self.maxRowsAtOnce))
                    RETURNING tenant_id, accepted_at, id),
                recipients AS (
                    DELETE FROM email_recipients r USING gone g WHERE r.tenant_id = g.tenant_id
                        AND r.accepted_at = g.accepted_at AND r.message_id = g.id),
                tagged AS (
                    DELETE FROM email_tags t USING gone g WHERE t.tenant_id = g.tenant_id
                        AND t.accepted_at = g.accepted_at AND t.message_id = g.id),
                happened AS (
                    DELETE FROM events e USING gone g WHERE e.tenant_id = g.tenant_id
                        AND e.accepted_at = g.accepted_at AND e.message_id = g.id)
                SELECT count(*) AS deleted FROM gone
                """, as: .system
            ).first
            guard try row?["deleted", as: Int.self] ?? 0 >= Int(Self.maxRowsAtOnce) else { return }
        }
    }

    /// Notes about people, whose use is over.
    private func forgetPeople() async throws {
        try await inSteps { limit in
            """
            DELETE FROM open_hours WHERE (tenant_id, address, hour) IN (
                SELECT tenant_id, address, hour FROM open_hours
                WHERE last_opened < current_date - \(OpenHoursRoute.keptDays)
                LIMIT \(limit) FOR UPDATE SKIP LOCKED)
            """
        }
        guard let auditDays else { return }
        let days = Int32(clamping: auditDays)
        try await inSteps { limit in
            """
            DELETE FROM audit_log WHERE (tenant_id, id) IN (
                SELECT tenant_id, id FROM audit_log WHERE at < now() - make_interval(days => \(days))
                ORDER BY at LIMIT \(limit))
            """
        }
        try await DNSChangeRow.forget(olderThanDays: days, context.pool)
    }

    /// Deletes with many short transactions rather than a long one.
    private func inSteps(_ statement: (Int32) -> SQL) async throws {
        while !stopping.isSet {
            let deleted = try await context.pool.execute(statement(Self.maxRowsAtOnce), as: .system)
            guard deleted >= Int(Self.maxRowsAtOnce) else { return }
        }
    }

    private func takeOverTrackingKeys() async throws {
        let keys = TrackingKeys(masterSeal: context.masterSeal)
        try await context.pool.transaction(as: .system) { try await keys.takeOver($0) }
    }

    private func forgetNonces() async throws {
        try await context.pool.query("DELETE FROM node_nonces WHERE expires_at < now()", as: .system)
    }
}
