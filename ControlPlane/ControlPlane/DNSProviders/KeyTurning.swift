import FoundationEssentials
import Postgres
import Service

/// Lets DKIM keys take turns by themselves where a DNS provider is connected: makes a new key when the
/// present one is old, publishes the record of a key that waits for it, and takes away that of a key whose
/// time is over, as the last set-up of the domain was done.
///
/// The account stays its user's, who made that set-up; when he disconnects it, keys of the domain are
/// published, and removed, by hand again. What cannot be done now is tried again with the next run.
package struct KeyTurning: Sendable {
    private static let domainsAtOnce: Int32 = 20

    let context: ControlContext
    let domains: Domains
    let setups: DNSSetupRoutes
    /// A key that signs for longer gets a successor; nil: only keys that somebody asked for are published.
    let maxAgeDays: Int?

    /// Every process may do it at the same time: a key is made once, and a zone is changed by one.
    func run() async throws {
        if let maxAgeDays { try await each(of: old(maxAgeDays)) { try await succeed($0) } }
        try await each(of: waiting()) { try await publish($0) }
        try await each(of: over()) { try await remove($0) }
    }

    /// One domain must not hold up the others.
    private func each(
        of domains: [SendingDomain], _ body: (SendingDomain) async throws -> Void
    ) async {
        for domain in domains {
            do { try await body(domain) } catch {
                context.log.warning(
                    "a DKIM key could not take its turn",
                    ["domain": .string(domain.name), "error": .error(error)])
            }
        }
    }

    private func succeed(_ domain: SendingDomain) async throws {
        _ = try await domains.makeNextKey(of: domain, actor: .system)
    }

    private func publish(_ domain: SendingDomain) async throws {
        guard let setup = try await lastSetup(of: domain) else { return }
        try await setups.change(.nextDKIM, of: domain, like: setup, actor: .system)
        // The zone's servers may have it at once.
        try await context.pool.execute(
            """
            UPDATE domains SET next_check_at = least(next_check_at, now() + interval '1 minute')
            WHERE tenant_id = \(domain.tenant.uuid) AND id = \(domain.id)
            """, as: .system)
    }

    /// Once the record is gone, or is none that a program may remove, nobody is asked for it any more.
    private func remove(_ domain: SendingDomain) async throws {
        guard let setup = try await lastSetup(of: domain), let old = domain.oldKey else { return }
        try await setups.change(.oldDKIM, of: domain, like: setup, actor: .system)
        try await domains.forgetOldKey(old, of: domain)
    }

    private func lastSetup(of domain: SendingDomain) async throws -> DNSChangeRow? {
        try await context.pool.query(
            """
            SELECT \(DNSChangeRow.columns) FROM dns_changes
            WHERE tenant_id = \(domain.tenant.uuid) AND domain_id = \(domain.id) AND state = 'applied'
            ORDER BY created_at DESC LIMIT 1
            """, as: .system
        ).first.map { try DNSChangeRow($0) }
    }

    /// Domains with an old key that nothing on its way was signed with any more.
    private func over() async throws -> [SendingDomain] {
        let rows = try await context.pool.query(
            """
            SELECT \(SendingDomain.columns) FROM domains d
            WHERE old_until < now() AND \(Domains.hasProvider)
            ORDER BY old_until DESC LIMIT \(Self.domainsAtOnce)
            """, as: .system)
        return try rows.map { try SendingDomain($0) }
    }

    /// Verified domains that a provider was set up for, whose key has signed for longer than this.
    private func old(_ days: Int) async throws -> [SendingDomain] {
        let rows = try await context.pool.query(
            """
            SELECT \(SendingDomain.columns) FROM domains d
            WHERE status = 'verified' AND next_selector IS NULL AND old_selector IS NULL
                AND EXISTS (SELECT FROM used_selectors u WHERE u.domain = d.domain AND u.selector = d.selector
                    AND u.used_at < now() - make_interval(days => \(Int32(clamping: days))))
                AND \(Domains.hasProvider)
            LIMIT \(Self.domainsAtOnce)
            """, as: .system)
        return try rows.map { try SendingDomain($0) }
    }

    /// Domains with a key that waits for its record, for a week at most.
    private func waiting() async throws -> [SendingDomain] {
        let rows = try await context.pool.query(
            """
            SELECT \(SendingDomain.columns) FROM domains d
            WHERE next_created_at > now() - interval '7 days' AND status IN ('verified', 'at_risk')
                AND \(Domains.hasProvider)
            ORDER BY next_created_at LIMIT \(Self.domainsAtOnce)
            """, as: .system)
        return try rows.map { try SendingDomain($0) }
    }
}
