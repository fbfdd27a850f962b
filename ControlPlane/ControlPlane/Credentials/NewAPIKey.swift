import Crypto
import FoundationEssentials
import HTTP
import MailFormat

/// A key as a caller asks for it, checked.
struct NewAPIKey: Decodable, Sendable {
    enum Mode: String, Codable, CaseIterable, Sendable { case live, test }

    static let maxNetworks = 100
    static let defaultRatePerMinute = 100

    let name: String
    let scopes: [String]
    let mode: Mode?
    let domain: String?
    let rateLimitPerMinute: Int?
    let allowedCIDRs: [String]?
    let expiresAt: Date?

    enum CodingKeys: String, CodingKey {
        case name, scopes, mode, domain
        case rateLimitPerMinute = "rate_limit_per_minute"
        case allowedCIDRs = "allowed_cidrs"
        case expiresAt = "expires_at"
    }

    /// What is stored of it, in the forms that are compared.
    struct Checked: Sendable {
        let name: String
        let scopes: [String]
        let mode: Mode
        let domain: String?
        let ratePerMinute: Int
        let networks: [String]
        let expiresAt: Date?
        /// The key itself: shown once.
        let key: String

        /// By which people tell their keys apart.
        var prefix: String { String(key.prefix(13)) }
        var hash: [UInt8] { Digest.sha256(key) }
    }

    /// - Parameter now: milliseconds since 1970.
    /// - Throws: 400 with the path of the field.
    func checked(now: Int64) throws(APIError) -> Checked {
        let name = name.trimmingWhitespace
        guard (1...200).contains(name.count) else { throw .invalid("name", "must have 1 to 200 characters") }
        guard !scopes.isEmpty else {
            throw .invalid("scopes", "must name at least one scope, such as `emails:send`")
        }
        for (index, scope) in scopes.enumerated() where !APIScope.all.contains(scope) {
            throw .invalid("scopes[\(index)]", "is no scope")
        }
        let rate = rateLimitPerMinute ?? Self.defaultRatePerMinute
        guard (1...100_000).contains(rate) else {
            throw .invalid("rate_limit_per_minute", "must be from 1 to 100000")
        }
        if let expiresAt, expiresAt.timeIntervalSince1970 * 1000 <= Double(now) {
            throw .invalid("expires_at", "must be in the future")
        }
        return Checked(
            name: name, scopes: Array(Set(scopes)).sorted(), mode: mode ?? .live, domain: try checkedDomain(),
            ratePerMinute: rate, networks: try checkedNetworks(), expiresAt: expiresAt,
            key: SecureRandom.token(prefix: "dsp_\((mode ?? .live).rawValue)_", bytes: 32))
    }

    private func checkedDomain() throws(APIError) -> String? {
        guard let domain else { return nil }
        do { return try DomainName.ascii(domain) } catch { throw .invalid("domain", "is no domain name") }
    }

    private func checkedNetworks() throws(APIError) -> [String] {
        let texts = allowedCIDRs ?? []
        guard texts.count <= Self.maxNetworks else {
            throw .invalid("allowed_cidrs", "must have at most \(Self.maxNetworks) networks")
        }
        var networks: [String] = []
        for (index, text) in texts.enumerated() {
            guard let network = AllowedNetwork(text) else {
                throw .invalid("allowed_cidrs[\(index)]", "is no network such as 203.0.113.0/24")
            }
            networks.append(network.description)
        }
        return networks
    }
}
