import Crypto
import TestSupport

/// Why an order was not carried out.
package struct OrderRefused: Error, CustomStringConvertible {
    package let description: String
}

extension DNSFakes {
    /// Makes a zone. Its records pass the same checks as those that come by the service's own calls.
    /// - Throws: `OrderRefused`, and what the service says of a record.
    @discardableResult
    package func createZone(_ order: ZoneOrder) async throws -> ZoneTicket {
        guard let name = RecordName(order.name), !name.labels.isEmpty else {
            throw OrderRefused(description: "\(order.name) is no domain name")
        }
        let isDelegated = (order.delegated ?? true) && order.isPrivate != true
        let number = try take(name, isDelegated: isDelegated)
        let servers = (1...2).map {
            "ns\($0)-\(number).\(order.service.rawValue).\(ServedZones.serverZone)"
        }
        switch order.service {
        case .cloudflare: return try await createCloudflare(order, name, servers, isDelegated)
        case .route53: return try await createRoute53(order, name, servers, isDelegated)
        case .cloudDNS: return try await createCloudDNS(order, name, servers, isDelegated)
        }
    }

    private func createCloudflare(
        _ order: ZoneOrder, _ name: RecordName, _ servers: [String], _ isDelegated: Bool
    ) async throws -> ZoneTicket {
        var zone = CloudflareZone(
            id: CloudflareState.newID(), name: name, status: order.status ?? "active", nameServers: servers,
            isDelegated: isDelegated)
        zone.flattensAllAliases = order.flattensAllAliases ?? false
        for records in order.records ?? [] { try zone.add(records) }
        let made = zone
        cloudflare.state.withLock { $0.zones.append(made) }
        try await cloudflare.serve(made)
        return ZoneTicket(id: made.id, name: name.description, nameServers: servers)
    }

    private func createRoute53(
        _ order: ZoneOrder, _ name: RecordName, _ servers: [String], _ isDelegated: Bool
    ) async throws -> ZoneTicket {
        let id = "Z" + Hex.encode(SecureRandom.bytes(10)).uppercased()
        var zone = Route53Zone(
            id: id, name: name, isPrivate: order.isPrivate ?? false, nameServers: servers,
            isDelegated: isDelegated)
        for records in order.records ?? [] { try zone.add(records) }
        let made = zone
        route53.state.withLock { $0.zones.append(made) }
        try await route53.serve(made)
        return ZoneTicket(id: id, name: name.description, nameServers: servers)
    }

    private func createCloudDNS(
        _ order: ZoneOrder, _ name: RecordName, _ servers: [String], _ isDelegated: Bool
    ) async throws -> ZoneTicket {
        let dashed = name.labels.joined(separator: "-").replacing("_", with: "-")
        let taken = cloudDNS.state.withLock { $0.zones.filter { $0.dnsName == name }.count }
        var zone = CloudDNSZone(
            id: String(UInt64.random(in: 1_000_000_000_000_000_000..<9_000_000_000_000_000_000)),
            name: taken == 0 ? dashed : "\(dashed)-\(taken + 1)", dnsName: name,
            isPrivate: order.isPrivate ?? false, nameServers: servers, isDelegated: isDelegated)
        for records in order.records ?? [] { try zone.add(records) }
        zone.changes = []
        let made = zone
        cloudDNS.state.withLock { $0.zones.append(made) }
        try await cloudDNS.serve(made)
        return ZoneTicket(id: made.name, name: name.description, nameServers: servers)
    }

    /// Makes a credential and gives what its owner would be given: `token`, or `access_key_id` and
    /// `secret_access_key` (and `session_token`), or `service_account`.
    package func createCredential(_ order: CredentialOrder) throws -> JSONValue {
        let zones = order.zones.map(Set.init)
        switch order.service {
        case .cloudflare:
            let token = SecureRandom.token(prefix: "", bytes: 30)
            let label = "token-\(token.prefix(4))"
            let permissions = order.permissions ?? ["zone:read", "dns:edit"]
            cloudflare.state.withLock {
                $0.tokens.append(
                    CloudflareToken(token: token, label: label, permissions: Set(permissions), zones: zones))
            }
            return ["token": .string(token), "label": .string(label)]
        case .route53:
            let isTemporary = order.temporary ?? false
            let id = (isTemporary ? "ASIA" : "AKIA") + Hex.encode(SecureRandom.bytes(8)).uppercased()
            let key = Route53Key(
                id: id, secret: SecureRandom.token(prefix: "", bytes: 29),
                sessionToken: isTemporary ? SecureRandom.token(prefix: "", bytes: 60) : nil, user: "fake",
                actions: Set(order.permissions ?? ["route53:*"]), zones: zones)
            route53.state.withLock { $0.keys.append(key) }
            return [
                "access_key_id": .string(id), "secret_access_key": .string(key.secret),
                "session_token": key.sessionToken.map(JSONValue.string) ?? .null, "label": .string(id),
            ]
        case .cloudDNS:
            let number = cloudDNS.state.withLock { $0.accounts.count + 1 }
            let project = order.project ?? "fake-project"
            let account = CloudDNSAccount(
                email: "dns-\(number)@\(project).iam.gserviceaccount.com",
                keyID: Hex.encode(SecureRandom.bytes(20)), key: try RSAPrivateKey.generate(),
                project: project,
                permissions: Set(order.permissions ?? ["dns.*"]), zones: zones)
            cloudDNS.state.withLock { $0.accounts.append(account) }
            return [
                "service_account": try account.file(tokenURI: "\(url(of: .cloudDNS))/token"),
                "label": .string(account.email),
            ]
        }
    }
}
