import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// `/v1/domains`
struct MessagesDomains: Sendable {
    let domains: Domains
    let authenticator: Authenticator

    private static let states = ["pending", "verified", "at_risk", "lost"]

    func add(to router: inout Router) {
        addViews(to: &router)
        router.home(
            .post, "/v1/domains", authenticator, needs: .scope("domains:write"),
            RouteInfo(
                summary: "Add a sending domain", tag: "Domains",
                requestSchema: .object(["domain": .string.required.example("yourdomain.com")]),
                responses: [
                    .init(201, "The domain and the records to publish.", .data(View.schema)),
                    .init(400, "It is no domain that one may claim.", codes: ["limit_reached"]),
                    .init(409, "It is claimed already.", codes: ["already_exists"]),
                ])
        ) { call in
            let name = try await call.decode(Creation.self).domain
            let claimed = try await domains.claim(
                name, for: call.tenant, within: call.fence, by: call.actor)
            return try .data(try view(claimed), status: 201)
        }
        router.home(
            .post, "/v1/domains/{domain_id}/verify", authenticator, needs: .scope("domains:write"),
            RouteInfo(
                summary: "Look for the records of a domain in DNS",
                details: "Verified are domains whose ownership and DKIM records were seen.", tag: "Domains",
                responses: [.init(200, "The domain with what was found.", .data(View.schema))])
        ) { call in
            let id = try call.id("domain_id", of: "domain")
            return try .data(try view(try await domains.verify(call.tenant, id, by: call.actor).0))
        }
        router.home(
            .delete, "/v1/domains/{domain_id}", authenticator, needs: .scope("domains:write"),
            RouteInfo(
                summary: "Remove a domain", details: "Nothing leaves from it any more.", tag: "Domains",
                responses: [.init(200, "It is gone.", .data(DeletedResource.schema))])
        ) { call in
            let id = try call.id("domain_id", of: "domain")
            try await domains.remove(call.tenant, id, by: call.actor)
            return try .data(DeletedResource(id: id.text))
        }
    }

    private func addViews(to router: inout Router) {
        router.home(
            .get, "/v1/domains", authenticator, needs: .scope("domains:read"),
            RouteInfo(
                summary: "List domains", details: "In the order of their names.", tag: "Domains",
                parameters: PageRequest.parameters + [.query("status", .choice(Self.states))],
                responses: [.init(200, "The domains.", .resources(View.schema))])
        ) { call in
            let page = try PageRequest(call.request.query)
            let status = try call.request.query.choice("status", of: Self.states)
            var filter: SQL = "AND \(call.fence.names())"
            if let status { filter += " AND status = \(status)" }
            let (found, total) = try await domains.list(of: call.tenant, filter, page, as: call.rows)
            return try .snakeCase(ResourceList(try found.map(view), page, total: total))
        }
        router.home(
            .get, "/v1/domains/{domain_id}", authenticator, needs: .scope("domains:read"),
            RouteInfo(
                summary: "Get a domain", details: "With its records as they were found last.",
                tag: "Domains", responses: [.init(200, "The domain.", .data(View.schema))])
        ) { call in
            let id = try call.id("domain_id", of: "domain")
            return try .data(try view(try await domains.find(call.tenant, id, as: call.rows)))
        }
    }

    private struct Creation: Decodable {
        let domain: String
    }

    /// A record to publish, with what was found at the last look.
    private struct Record: Encodable, Sendable {
        let recordType: String
        let host: String
        let purpose: String
        let expected: String
        let found: [String]
        let status: String
        let reason: String?

        static let schema = Schema.record([
            "record_type": .choice("TXT", "MX"), "host": .string.example("_cybdispatch.yourdomain.com"),
            "purpose": .string.example("Domain verification"),
            "expected": .string.example("cyb-verify-abc123"),
            "found": Schema.array(.string.example("cyb-verify-abc123")),
            "status": .choice("unchecked", "ok", "missing", "mismatch", "conflict", "unreachable"),
            "reason": .string.optional.described("Why it could not be asked, or does not count."),
        ]).named("MessagesDNSRecord")

        init(_ record: DNSRecord, _ check: RecordCheck?) {
            recordType = record.recordType
            host = record.host
            purpose = record.purpose
            expected = record.value
            found = check?.found ?? []
            status = check?.status.rawValue ?? "unchecked"
            reason = check?.reason
        }
    }

    private struct View: Encodable, Sendable {
        let id: String
        let domain: String
        let status: String
        let verified: Bool
        let dnsRecords: [Record]
        @OrNull var verifiedAt: Date?
        @OrNull var checkedAt: Date?
        let createdAt: Date

        static let schema = Schema.record([
            "id": .uuid, "domain": .string.example("yourdomain.com"),
            "status": .choice(MessagesDomains.states), "verified": .boolean,
            "dns_records": .array(Record.schema), "verified_at": .dateTime.nullable,
            "checked_at": .dateTime.nullable, "created_at": .dateTime,
        ]).named("MessagesDomain")
    }

    private func view(_ domain: SendingDomain) throws -> View {
        let records = try domain.records(domains.context)
        return View(
            id: domain.id.text, domain: domain.name, status: domain.status, verified: domain.isVerified,
            dnsRecords: records.map { record in
                Record(
                    record,
                    domain.checks.first {
                        // One that was looked for when the record was another says nothing of this one.
                        ($0.host, $0.recordType, $0.expected) == (
                            record.host, record.recordType, record.value
                        )
                    })
            }, verifiedAt: domain.verifiedAt, checkedAt: domain.checkedAt, createdAt: domain.createdAt)
    }
}
