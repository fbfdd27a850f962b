import FoundationEssentials
import HTTP
import Postgres

extension Domains {
    /// How long the record of a key that signs no more is asked for: mail that it signed may be on its way
    /// for three days, and be looked at later.
    private static let daysOfOldKey: Int32 = 7

    func addRotation(to router: inout Router, _ authenticator: Authenticator, _ answer: Schema) {
        router.tenant(
            .post, "/domains/{domain_id}/dkim/rotate", authenticator, needs: .scope("domains:write"),
            RouteInfo(
                summary: "Make a new DKIM key",
                details: "Its record is to be published beside the present one. As soon as it is seen in DNS "
                    + "the new key signs; the old record is needed for 7 days more.",
                tag: "Domains",
                responses: [
                    .init(200, "The domain with the record of the next key.", answer),
                    .init(
                        409, "It is not verified, or a new key waits already.",
                        codes: ["domain_not_verified", "rotation_pending"]),
                ])
        ) { try await rotate($0) }
        router.tenant(
            .delete, "/domains/{domain_id}/dkim/rotate", authenticator, needs: .scope("domains:write"),
            RouteInfo(
                summary: "Give up a new DKIM key that was not seen yet", tag: "Domains",
                responses: [.init(200, "The domain.", answer)])
        ) { try await giveUpRotation($0) }
    }

    private func rotate(_ call: TenantCall) async throws -> HTTPResponse {
        let domain = try await find(call.tenant, try call.id("domain_id", of: "domain"), as: call.rows)
        try Self.checkRotates(domain)
        return try answer(try await makeNextKey(of: domain, actor: call.actor))
    }

    /// Makes the key that takes over when it is seen in DNS.
    ///
    /// - Throws: 409 when there is one already.
    func makeNextKey(of domain: SendingDomain, actor: AuditActor) async throws -> SendingDomain {
        let (tenant, id) = (domain.tenant, domain.id)
        let key = try await keyRequests.take(of: tenant) {
            try await NewKey(domain.name, tenant: tenant, context)
        }
        return try await context.pool.transaction(as: .system) { connection in
            let selector = try await NewKey.selector(for: domain.name, isFirst: false, connection)
            let rows = try await connection.query(
                """
                UPDATE domains SET next_selector = \(selector), next_private_sealed = \(key.sealed),
                    next_public = \(key.public), next_created_at = now(), next_check_at = now(),
                    updated_at = now()
                WHERE tenant_id = \(tenant.uuid) AND id = \(id) AND next_selector IS NULL
                RETURNING \(SendingDomain.columns)
                """)
            guard let row = rows.first else { throw Self.rotationPending }
            try await Audit.write(
                connection, actor, tenant: tenant, "domain.key_made", record: ("domain", id.text),
                detail: ["domain": domain.name, "selector": selector])
            return try SendingDomain(row)
        }
    }

    private static let rotationPending = APIError(
        409, "rotation_pending", "A new key of this domain waits already for being seen in DNS.")

    private static func checkRotates(_ domain: SendingDomain) throws(APIError) {
        guard domain.isVerified else {
            throw APIError(
                409, "domain_not_verified", "Only a verified domain changes its key; verify it first.")
        }
        guard domain.nextKey == nil else { throw rotationPending }
    }

    private func giveUpRotation(_ call: TenantCall) async throws -> HTTPResponse {
        let id = try call.id("domain_id", of: "domain")
        let (tenant, actor) = (call.tenant, call.actor)
        let domain = try await context.pool.transaction(as: call.rows) { connection in
            let rows = try await connection.query(
                """
                UPDATE domains SET next_selector = NULL, next_private_sealed = NULL, next_public = NULL,
                    next_created_at = NULL, updated_at = now()
                WHERE tenant_id = \(tenant.uuid) AND id = \(id) RETURNING \(SendingDomain.columns)
                """)
            guard let row = rows.first else { throw APIError.noSuch("domain") }
            try await Audit.write(
                connection, actor, tenant: tenant, "domain.key_given_up", record: ("domain", id.text))
            return try SendingDomain(row)
        }
        return try answer(domain)
    }

    /// The new key, which was seen, signs from now on. In the transaction of a look.
    static func takeNextKey(
        of domain: SendingDomain, _ connection: PostgresConnection, _ actor: AuditActor
    ) async throws {
        guard let next = domain.nextKey else { return }
        try await connection.query(
            """
            UPDATE domains SET old_selector = selector, old_public = dkim_public,
                old_until = now() + make_interval(days => \(daysOfOldKey)),
                selector = next_selector, dkim_private_sealed = next_private_sealed,
                dkim_public = next_public, next_selector = NULL, next_private_sealed = NULL,
                next_public = NULL, next_created_at = NULL
            WHERE tenant_id = \(domain.tenant.uuid) AND id = \(domain.id)
                AND next_selector = \(next.selector)
            """)
        try await Audit.write(
            connection, actor, tenant: domain.tenant, "domain.key_changed",
            record: ("domain", domain.id.text),
            detail: ["domain": domain.name, "from": domain.selector, "to": next.selector])
    }

    /// Whether a provider was set up for the domain `d`.
    static let hasProvider: SQL = """
        EXISTS (SELECT FROM dns_changes c WHERE c.tenant_id = d.tenant_id AND c.domain_id = d.id
            AND c.state = 'applied')
        """

    /// For so long the record of a key whose time is over is tried to be removed.
    private static let daysOfRemoval: Int32 = 7

    /// Forgets the old keys whose time is over: nobody is asked for their records any more. Where a provider
    /// is connected they wait for `KeyTurning`, which removes the record first.
    func forgetOldKeys() async throws {
        try await context.pool.execute(
            """
            UPDATE domains d SET old_selector = NULL, old_public = NULL, old_until = NULL, updated_at = now()
            WHERE old_until < now() AND (NOT \(Self.hasProvider)
                OR old_until < now() - make_interval(days => \(Self.daysOfRemoval)))
            """, as: .system)
    }

    /// Forgets an old key whose record is gone.
    func forgetOldKey(_ key: SendingDomain.Key, of domain: SendingDomain) async throws {
        try await context.pool.execute(
            """
            UPDATE domains SET old_selector = NULL, old_public = NULL, old_until = NULL, updated_at = now()
            WHERE tenant_id = \(domain.tenant.uuid) AND id = \(domain.id) AND old_selector = \(key.selector)
            """, as: .system)
    }
}
