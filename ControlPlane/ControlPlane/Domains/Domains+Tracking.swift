import FoundationEssentials
import HTTP
import MailFormat
import NodeProtocol
import Postgres

/// The host of a domain's own for tracking and unsubscribe links, led to the service by an alias.
extension Domains {
    func addTracking(to router: inout Router, _ authenticator: Authenticator, _ answer: Schema) {
        router.tenant(
            .put, "/domains/{domain_id}", authenticator, needs: .scope("domains:write"),
            RouteInfo(
                summary: "Change a domain",
                details: "`tracking_host` is a name of the domain, or null for links on the service's own "
                    + "host. Its CNAME record joins the records to publish, and links name it as soon as the "
                    + "record is seen; the domain's verification does not depend on it.",
                tag: "Domains",
                requestSchema: .object([
                    "tracking_host": .string.nullable.example("track.yourdomain.com")
                ]),
                responses: [.init(200, "The domain and the records to publish.", answer)])
        ) { try await change($0) }
    }

    private struct Change: Decodable {
        let trackingHost: String?

        private enum CodingKeys: String, CodingKey {
            case trackingHost = "tracking_host"
        }

        /// Null takes the host away; to leave it out says nothing, and is refused.
        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            guard container.contains(.trackingHost) else {
                throw DecodingError.keyNotFound(
                    CodingKeys.trackingHost,
                    .init(codingPath: decoder.codingPath, debugDescription: "tracking_host is missing"))
            }
            trackingHost = try container.decodeIfPresent(String.self, forKey: .trackingHost)
        }
    }

    private func change(_ call: TenantCall) async throws -> HTTPResponse {
        let body = try await call.decode(Change.self)
        let id = try call.id("domain_id", of: "domain")
        let (tenant, actor) = (call.tenant, call.actor)
        let domain = try await find(tenant, id, as: call.rows)
        let host = try body.trackingHost.map { try Self.checkedHost($0, of: domain) }
        guard host != domain.trackingHost else { return try self.answer(domain) }
        let changed = try await context.pool.transaction(as: call.rows) { connection in
            let rows = try await connection.query(
                """
                UPDATE domains SET tracking_host = \(host), tracking_live = false,
                    tracking_set_at = CASE WHEN \(host)::text IS NULL THEN NULL ELSE now() END,
                    tracking_missing_since = NULL, next_check_at = now(), updated_at = now()
                WHERE tenant_id = \(tenant.uuid) AND id = \(id) RETURNING \(SendingDomain.columns)
                """)
            guard let row = rows.first else { throw APIError.noSuch("domain") }
            try await Audit.write(
                connection, actor, tenant: tenant, "domain.changed", record: ("domain", id.text),
                detail: ["domain": domain.name, "tracking_host": host ?? ""])
            return try SendingDomain(row)
        }
        return try self.answer(changed)
    }

    /// - Throws: 400 unless it is a host at or below the domain that has no other record of ours.
    private static func checkedHost(_ text: String, of domain: SendingDomain) throws(APIError) -> String {
        let host: String
        do { host = try DomainName.ascii(text.trimmingWhitespace) } catch {
            throw .invalid("tracking_host", "is no host name: \(error)")
        }
        guard host == domain.name || host.hasSuffix(".\(domain.name)"), !host.contains("_") else {
            throw .invalid("tracking_host", "must be \(domain.name) or a name below it")
        }
        guard host != "dispatch.\(domain.name)" else {
            throw .invalid("tracking_host", "is where bounces come back to; an alias may not stand beside it")
        }
        return host
    }

    /// What a look says about the tracking host, as assignments of an update: seen, it is used at once; gone
    /// for 72 hours, no more. A look-up that failed says nothing, nor does one for a host that was changed
    /// meanwhile.
    static func tracking(_ check: DomainCheck, of domain: SendingDomain) -> SQL {
        let isSeen = check.tracking == .ok
        let isGone = check.tracking == .missing || check.tracking == .mismatch
        let isLookedAt: SQL = "tracking_host = \(domain.trackingHost)"
        return """
            tracking_live = CASE WHEN \(isLookedAt) THEN CASE WHEN \(isSeen) THEN true
                WHEN \(isGone) AND tracking_missing_since < now() - interval '72 hours' THEN false
                ELSE tracking_live END ELSE tracking_live END,
            tracking_missing_since = CASE WHEN \(isLookedAt) THEN CASE WHEN \(isSeen) THEN NULL
                WHEN \(isGone) THEN coalesce(tracking_missing_since, now())
                ELSE tracking_missing_since END ELSE tracking_missing_since END
            """
    }

    /// Not the host of a tenant who set it within a week and whose record may come any minute.
    static let waitsForNoTracking: SQL = """
        (tracking_host IS NULL OR tracking_live OR tracking_set_at < now() - interval '7 days')
        """
}
