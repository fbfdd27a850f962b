extension SetupPlanner {
    mutating func planDMARC() {
        let key = RecordKey(setup.dmarcName, "TXT")
        guard setup.dmarcAction != .skip else { return leave(.dmarc, key, .skip, "not asked for") }
        let new = DMARCText.new(reportingTo: setup.reportAddress)
        if let obstacle = obstacle(key) {
            let address =
                setup.reportAddress.map { "Add \(DMARCText.uri($0)) to its rua" } ?? "Nothing is needed"
            return leave(
                .dmarc, key, .manual, obstacle,
                instructions: "Whoever manages the policy changes it. \(address).")
        }
        let found = values(key).compactMap { DMARCText($0.content.printed) }
        guard found.count <= 1 else {
            return leave(
                .dmarc, key, .manual, "\(found.count) policies are there, and with two none counts",
                instructions: "Leave one of them, and remove the others.")
        }
        if let record = found.first { return planReports(key, record) }
        planNewPolicy(key, new)
    }

    private mutating func planReports(_ key: RecordKey, _ record: DMARCText) {
        guard setup.dmarcAction == .update else {
            return leave(.dmarc, key, .none, "a policy is there")
        }
        guard let address = setup.reportAddress else {
            return leave(.dmarc, key, .none, "a policy is there, and no report address was given")
        }
        if record.reportAddresses.contains(DMARCText.uri(address).lowercased()) {
            return leave(.dmarc, key, .none, "reports go to \(address)")
        }
        let others = { (text: DMARCText) in text.tags.filter { $0.name != "rua" } }
        guard let edited = record.reporting(to: address), others(edited) == others(record),
            Set(record.reportAddresses).isSubset(of: edited.reportAddresses),
            record.text.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
        else {
            return leave(
                .dmarc, key, .manual, "the policy cannot be edited safely",
                instructions: "Add \(DMARCText.uri(address)) to its rua.")
        }
        if edited.reportAddresses.count > 2 {
            warn("\(key.name): many receivers send reports to the first two addresses of rua alone")
        }
        warnOfReports(address)
        let old = RecordContent.text(record.text)
        write(
            .dmarc, key, .text(edited.text), replacing: { $0 == old },
            "adds \(address) to the reports; the policy stays")
    }

    private mutating func planNewPolicy(_ key: RecordKey, _ new: String) {
        switch findings.inheritedPolicy {
        case .none: break
        case .unknown:
            return leave(
                .dmarc, key, .manual, "whether a domain above has a policy could not be looked up",
                instructions: "Try again later: a policy here could weaken one that is inherited.")
        case .found(let name, let record):
            let policy = DMARCText(record)
            guard (policy?.subdomainStrictness ?? 2) == 0 else {
                return leave(
                    .dmarc, key, .none,
                    "the policy of \(name) holds here, and a policy of p=none would weaken it")
            }
        }
        if let address = setup.reportAddress { warnOfReports(address) }
        write(.dmarc, key, .text(new), "receivers check the domain and report; nothing is refused")
    }

    private mutating func warnOfReports(_ address: String) {
        guard findings.reportsAreWelcome == false, let domain = address.split(separator: "@").last else {
            return
        }
        warn(
            "reports to \(address) are dropped until \(setup.domain)._report._dmarc.\(domain) holds the TXT"
                + " record v=DMARC1")
    }
}
