import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// The domains that tenants send from: claimed, published by their owner in DNS, verified.
///
/// Nothing leaves from a domain before its ownership record and its DKIM key were both seen, and two tenants
/// never have one verified at the same time.
package struct Domains: Sendable {
    let context: ControlContext
    private let authenticator: Authenticator
    let keyRequests = KeyRequests()

    package init(_ context: ControlContext, _ authenticator: Authenticator) {
        self.context = context
        self.authenticator = authenticator
    }

    package func add(to router: inout Router) {
        let withRecords = Schema.data(
            .record(["domain": SendingDomain.schema, "dns_records": .array(DNSRecord.schema)]))
        router.tenant(
            .post, "/domains", authenticator, needs: .scope("domains:write"),
            RouteInfo(
                summary: "Add a sending domain", tag: "Domains",
                requestSchema: .object(["domain": .string.required.example("yourdomain.com")]),
                responses: [
                    .init(201, "The domain and the records to publish.", withRecords),
                    .init(400, "It is no domain that one may claim.", codes: ["limit_reached"]),
                    .init(409, "It is claimed already.", codes: ["already_exists"]),
                ])
        ) { try await create($0) }
        router.tenant(
            .get, "/domains", authenticator, needs: .scope("domains:read"),
            RouteInfo(
                summary: "List domains with DNS records", tag: "Domains",
                responses: [.init(200, "The domains.", .data(.array(SendingDomain.listed)))])
        ) { try await list($0) }
        router.tenant(
            .get, "/domains/{domain_id}", authenticator, needs: .scope("domains:read"),
            RouteInfo(
                summary: "Get a domain with its DNS records", tag: "Domains",
                responses: [.init(200, "The domain and its records.", withRecords)])
        ) { call in
            try answer(try await find(call.tenant, try call.id("domain_id", of: "domain"), as: call.rows))
        }
        router.tenant(
            .delete, "/domains/{domain_id}", authenticator, needs: .scope("domains:write"),
            RouteInfo(
                summary: "Remove a domain", details: "Nothing leaves from it any more.", tag: "Domains",
                responses: [.init(200, "It is gone.", .message("Domain removed"))])
        ) { try await delete($0) }
        router.tenant(
            .post, "/domains/{domain_id}/verify", authenticator, needs: .scope("domains:write"),
            RouteInfo(
                summary: "Verify domain DNS records",
                details: "Verified are domains whose ownership and DKIM records were seen.", tag: "Domains",
                responses: [
                    .init(
                        200, "What was found.",
                        .data(
                            .record([
                                "verified": .boolean.example(true), "domain": SendingDomain.schema,
                                "records": .array(RecordCheck.schema),
                            ]), message: "Domain verified"))
                ])
        ) { try await verify($0) }
        addTracking(to: &router, authenticator, withRecords)
        addRotation(to: &router, authenticator, withRecords)
        router.operators(
            .post, "/api/v1/admin/tenants/{tenant_id}/domains/{domain_id}/override", authenticator,
            RouteInfo(
                summary: "Vouch for a domain in place of DNS",
                details: "Only where the installation allows it.",
                tag: "Operators", authentication: .bearer,
                requestSchema: .object(["reason": .string.required.example("Verified by hand")]),
                responses: [.init(200, "The domain.", withRecords)])
        ) { try await override($0) }
    }

    // MARK: Routes

    private struct WithRecords: Encodable {
        let domain: SendingDomain.View
        let dnsRecords: [DNSRecord]
    }

    func answer(_ domain: SendingDomain, status: HTTPStatus = 200) throws -> HTTPResponse {
        let records = try domain.records(context)
        return try .data(WithRecords(domain: domain.view, dnsRecords: records), status: status)
    }

    private struct Creation: Decodable {
        let domain: String
    }

    private func create(_ call: TenantCall) async throws -> HTTPResponse {
        let body = try await call.decode(Creation.self)
        return try answer(
            try await claim(body.domain, for: call.tenant, within: call.fence, by: call.actor), status: 201)
    }

    private func list(_ call: TenantCall) async throws -> HTTPResponse {
        let reached = try await all(of: call.tenant, as: call.rows).filter { call.fence.reaches($0.name) }
        let views = try reached.map { domain in
            var view = domain.view
            view.dnsRecords = try domain.records(context)
            return view
        }
        return try .data(views)
    }

    private func delete(_ call: TenantCall) async throws -> HTTPResponse {
        try await remove(call.tenant, try call.id("domain_id", of: "domain"), by: call.actor)
        return try .message("Domain removed")
    }

    private struct Verification: Encodable {
        let verified: Bool
        let domain: SendingDomain.View
        let records: [RecordCheck]
    }

    private func verify(_ call: TenantCall) async throws -> HTTPResponse {
        let (now, isConflict) = try await verify(
            call.tenant, try call.id("domain_id", of: "domain"), by: call.actor)
        let message =
            now.isVerified
            ? "Domain verified" : isConflict ? "Another tenant has this domain" : "Domain not verified yet"
        return try .data(
            Verification(verified: now.isVerified, domain: now.view, records: now.checks), message: message)
    }

    private struct Override: Decodable {
        let reason: String
    }

    private func override(_ call: CallerCall) async throws -> HTTPResponse {
        guard context.allowsDomainOverride else {
            throw APIError(403, "override_not_allowed", "This installation verifies domains by DNS alone.")
        }
        let body = try await call.decode(Override.self)
        guard (1...1000).contains(body.reason.count) else {
            throw APIError.invalid("reason", "must have 1 to 1000 characters")
        }
        let tenant = TenantID(try call.id("tenant_id", of: "tenant"))
        let id = try call.id("domain_id", of: "domain")
        let actor = call.actor
        let domain = try await context.pool.transaction(as: .system) { connection in
            let was = try await connection.query(
                """
                SELECT status FROM domains WHERE tenant_id = \(tenant.uuid) AND id = \(id) FOR UPDATE
                """
            ).first
            let rows = try await connection.query(
                """
                UPDATE domains SET status = 'verified', verified_at = coalesce(verified_at, now()),
                    override_by = \(actor.id), override_reason = \(body.reason), override_at = now(),
                    updated_at = now()
                WHERE tenant_id = \(tenant.uuid) AND id = \(id) RETURNING \(SendingDomain.columns)
                """)
            guard let row = rows.first else { throw APIError.noSuch("domain") }
            try await Audit.write(
                connection, actor, tenant: tenant, "domain.overridden", record: ("domain", id.text),
                detail: ["reason": body.reason])
            let domain = try SendingDomain(row)
            if let before: String = try was?["status"], before != domain.status {
                try await Notices.write(connection, Self.event(since: before), of: domain, problems: [])
            }
            return domain
        }
        return try answer(domain)
    }
}
