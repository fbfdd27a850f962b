import DNSFakes
import TestSupport

/// Cloudflare played on loopback, with a name server that serves what it was told, and one token that it
/// knows.
struct ProviderDouble: Sendable {
    let token: String
    private let fakes: DNSFakes

    /// Nil, with a line that says what is skipped, where the name server is not installed.
    static func ifInstalled() async throws -> ProviderDouble? {
        guard let fakes = try await DNSFakes.ifInstalled() else { return nil }
        let credential = try fakes.createCredential(CredentialOrder(.cloudflare))
        return ProviderDouble(token: try Cluster.text(credential["token"].text, "token"), fakes: fakes)
    }

    /// With which a control plane finds the provider and its name server.
    var settings: [String: String] {
        let server = fakes.addresses.nameServer
        return [
            "DISPATCH_DNS_CLOUDFLARE_URL": fakes.addresses.cloudflare, "DISPATCH_NAME_SERVERS": server,
            "DISPATCH_AUTHORITATIVE_PORT": String(server.split(separator: ":").last ?? ""),
        ]
    }

    /// Makes a zone without records.
    ///
    /// - Returns: its id.
    func zone(_ name: String) async throws -> String {
        try await fakes.createZone(ZoneOrder(.cloudflare, name)).id
    }

    /// Connects the account for a user.
    ///
    /// - Returns: the id of the connection.
    func connect(_ user: APICaller) async throws -> String {
        let made = try await user.must(
            "POST", "/api/v1/user/dns-providers",
            ["provider": "cloudflare", "label": "Other", "token": .string(token)])
        return try Cluster.text(made["data"]["id"].text, "provider")
    }
}
