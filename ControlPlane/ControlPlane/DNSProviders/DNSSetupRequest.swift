import DNSProviders
import FoundationEssentials
import HTTP
import MailFormat

/// What a caller asks of a set-up.
struct DNSSetupRequest: Decodable, Sendable {
    let providerID: String
    let zoneID: String
    /// Taken, and not believed: the zone is the one that the provider has under its id.
    let zoneName: String?
    let spfAction: String?
    let dmarcAction: String?
    let dmarcRUAEmail: String?

    enum CodingKeys: String, CodingKey {
        case providerID = "provider_id"
        case zoneID = "zone_id"
        case zoneName = "zone_name"
        case spfAction = "spf_action"
        case dmarcAction = "dmarc_action"
        case dmarcRUAEmail = "dmarc_rua_email"
    }

    static let schema = Schema.object([
        "provider_id": .uuid.required, "zone_id": .string.required.example("abc123"),
        "zone_name": .string.example("yourdomain.com").described(
            "Not needed: the provider is asked for the zone's name."),
        "spf_action": .choice("append", "overwrite", "skip").example("append").described(
            "`append` unless given."),
        "dmarc_action": .choice("create", "update", "skip").example("create").described(
            "`create` unless given."),
        "dmarc_rua_email": .string.example("dmarc@yourdomain.com").described("Where DMARC reports go."),
    ])

    struct Checked: Sendable {
        let provider: UUID
        let zone: String
        let spfAction: DomainSetup.SPFAction
        let dmarcAction: DomainSetup.DMARCAction
        let reportAddress: String?
        /// What is to be done, when that is not everything.
        var only: Set<SetupPlan.Subject>?
    }

    /// - Throws: 400 with the field at fault.
    func checked() throws(APIError) -> Checked {
        guard let provider = UUID(uuidString: providerID) else { throw .noSuch("dns provider") }
        guard (1...128).contains(zoneID.utf8.count) else {
            throw .invalid("zone_id", "must be the id of a zone")
        }
        guard let spf = DomainSetup.SPFAction(rawValue: spfAction ?? "append") else {
            throw .invalid("spf_action", "must be append, overwrite or skip")
        }
        guard let dmarc = DomainSetup.DMARCAction(rawValue: dmarcAction ?? "create") else {
            throw .invalid("dmarc_action", "must be create, update or skip")
        }
        return Checked(
            provider: provider, zone: zoneID, spfAction: spf, dmarcAction: dmarc,
            reportAddress: try checkedAddress())
    }

    private func checkedAddress() throws(APIError) -> String? {
        guard let text = dmarcRUAEmail?.trimmingWhitespace, !text.isEmpty else { return nil }
        guard let address = try? MailAddress(text), !address.needsSMTPUTF8, !address.isAddressLiteral,
            address.description.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") })
        else { throw .invalid("dmarc_rua_email", "must be an address such as dmarc@example.com") }
        return address.description
    }
}
