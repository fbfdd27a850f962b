import Crypto
import HTTP
import MailAuth

/// A record that the owner of a domain is asked to publish.
struct DNSRecord: Encodable, Sendable, Equatable {
    enum Kind: Sendable, CaseIterable {
        case ownership, dkim, spf, dmarc, returnPath, returnPathSPF
        /// The key that takes over when it is seen, and the one that signed until it did.
        case nextDKIM, oldDKIM
        /// The domain's own host of tracking links.
        case tracking
    }

    let kind: Kind
    let recordType: String
    let host: String
    let value: String
    let purpose: String

    enum CodingKeys: CodingKey { case recordType, host, value, purpose }

    static let schema = Schema.record([
        "record_type": .choice("TXT", "MX", "CNAME"), "host": .string.example("_cybdispatch.yourdomain.com"),
        "value": .string.example("cyb-verify-abc123"), "purpose": .string.example("Domain verification"),
    ]).named("DNSRecord")

    /// The records of a domain in the order in which they are shown.
    ///
    /// - Throws: when the stored public key is none.
    static func expected(
        of domain: SendingDomain, serviceHost: String, trackingTarget: String
    ) throws(CryptoError) -> [DNSRecord] {
        let name = domain.name
        let spf = "v=spf1 include:\(serviceHost) ~all"
        return [
            DNSRecord(
                .ownership, "TXT", "_cybdispatch.\(name)", domain.ownershipToken, "Domain verification"),
            try dkim(.dkim, name, domain.selector, domain.publicKey, "DKIM signing"),
            DNSRecord(.spf, "TXT", name, spf, "SPF - authorize sending servers"),
            DNSRecord(
                .dmarc, "TXT", "_dmarc.\(name)", "v=DMARC1; p=none; rua=mailto:dmarc@\(name)",
                "DMARC policy"),
            DNSRecord(
                .returnPath, "MX", "dispatch.\(name)", "10 \(serviceHost)", "Bounce handling return path"),
            // SPF is checked on the envelope sender, whose domain this is.
            DNSRecord(.returnPathSPF, "TXT", "dispatch.\(name)", spf, "SPF - return path"),
        ] + (try turningKeys(of: domain))
            + (domain.trackingHost.map {
                [DNSRecord(.tracking, "CNAME", $0, trackingTarget, "Tracking links")]
            } ?? [])
    }

    /// While a new key takes the place of another.
    private static func turningKeys(of domain: SendingDomain) throws(CryptoError) -> [DNSRecord] {
        var records: [DNSRecord] = []
        if let next = domain.nextKey {
            records.append(
                try dkim(.nextDKIM, domain.name, next.selector, next.publicKey, "DKIM signing - next key"))
        }
        if let old = domain.oldKey {
            records.append(
                try dkim(.oldDKIM, domain.name, old.selector, old.publicKey, "DKIM signing - previous key"))
        }
        return records
    }

    private static func dkim(
        _ kind: Kind, _ name: String, _ selector: String, _ publicKey: [UInt8], _ purpose: String
    ) throws(CryptoError) -> DNSRecord {
        let key = try DKIMKeyRecord.text(for: RSAPublicKey(derEncoded: publicKey))
        return DNSRecord(kind, "TXT", "\(selector)._domainkey.\(name)", key, purpose)
    }

    /// A name beside this one that nobody publishes: an answer there comes from a wildcard.
    var wildcardProbe: String? {
        host.firstIndex(of: ".").map { "x\(Hex.encode(SecureRandom.bytes(8)))\(host[$0...])" }
    }

    /// Whether the record proves something, so that it must be seen for itself.
    var isProof: Bool { [.ownership, .dkim, .nextDKIM].contains(kind) }

    private init(_ kind: Kind, _ type: String, _ host: String, _ value: String, _ purpose: String) {
        self.kind = kind
        recordType = type
        self.host = host
        self.value = value
        self.purpose = purpose
    }
}
