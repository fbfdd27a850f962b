import Crypto
import HTTP
import MailAuth

/// A record that the owner of a domain is asked to publish.
struct DNSRecord: Encodable, Sendable, Equatable {
    enum Kind: Sendable, CaseIterable { case ownership, dkim, spf, dmarc, returnPath, returnPathSPF }

    let kind: Kind
    let recordType: String
    let host: String
    let value: String
    let purpose: String

    enum CodingKeys: CodingKey { case recordType, host, value, purpose }

    static let schema = Schema.object([
        "record_type": .choice("TXT", "MX"), "host": .string, "value": .string, "purpose": .string,
    ]).named("DNSRecord")

    /// The records of a domain in the order in which they are shown.
    ///
    /// - Throws: when the stored public key is none.
    static func expected(of domain: SendingDomain, serviceHost: String) throws(CryptoError) -> [DNSRecord] {
        let name = domain.name
        let key = try DKIMKeyRecord.text(for: RSAPublicKey(derEncoded: domain.publicKey))
        let spf = "v=spf1 include:\(serviceHost) ~all"
        return [
            DNSRecord(
                .ownership, "TXT", "_cybdispatch.\(name)", domain.ownershipToken, "Domain verification"),
            DNSRecord(.dkim, "TXT", "\(domain.selector)._domainkey.\(name)", key, "DKIM signing"),
            DNSRecord(.spf, "TXT", name, spf, "SPF - authorize sending servers"),
            DNSRecord(
                .dmarc, "TXT", "_dmarc.\(name)", "v=DMARC1; p=none; rua=mailto:dmarc@\(name)",
                "DMARC policy"),
            DNSRecord(
                .returnPath, "MX", "dispatch.\(name)", "10 \(serviceHost)", "Bounce handling return path"),
            // SPF is checked on the envelope sender, whose domain this is.
            DNSRecord(.returnPathSPF, "TXT", "dispatch.\(name)", spf, "SPF - return path"),
        ]
    }

    private init(_ kind: Kind, _ type: String, _ host: String, _ value: String, _ purpose: String) {
        self.kind = kind
        recordType = type
        self.host = host
        self.value = value
        self.purpose = purpose
    }
}
