import MailAuth

extension SetupPlanner {
    mutating func planOwnership() {
        let key = RecordKey(setup.ownership.name, "TXT")
        let wanted = RecordContent.text(setup.ownership.token)
        if values(key).contains(where: { $0.content == wanted }) {
            return leave(.ownership, key, .none, "the token is there")
        }
        if let obstacle = obstacle(key) {
            return leave(
                .ownership, key, .manual, obstacle,
                instructions: "Publish the TXT record \(setup.ownership.token) at \(key.name).")
        }
        write(.ownership, key, wanted, "proves that the domain is yours")
    }

    mutating func planKey(_ subject: SetupPlan.Subject, _ wished: (name: String, record: String)) {
        let key = RecordKey(wished.name, "TXT")
        let instructions = "Publish the TXT record \(wished.record) at \(key.name), and no other there."
        let found = values(key)
        let isOurs = found.map { Self.isSameKey($0.content, wished.record) }
        if found.count == 1, isOurs == [true] { return leave(subject, key, .none, "the key is there") }
        if let obstacle = obstacle(key) {
            return leave(subject, key, .manual, obstacle, instructions: instructions)
        }
        if found.isEmpty {
            return write(subject, key, .text(wished.record), "the key that signatures are checked with")
        }
        let own = setup.ownValues[key] ?? []
        guard found.allSatisfy({ own.contains($0.content) }) else {
            return leave(
                subject, key, .manual,
                "another record stands at the name of the key; with two of them neither counts",
                instructions: "If nothing needs the record that is there, remove it. \(instructions)")
        }
        write(
            subject, key, .text(wished.record), replacing: { own.contains($0) },
            "takes the place of the key that an earlier set-up wrote")
    }

    /// Of the record of a key that signs no more. Whatever else stands at its name is not ours to take away.
    mutating func planRemoval(_ subject: SetupPlan.Subject, _ former: (name: String, record: String)) {
        let key = RecordKey(former.name, "TXT")
        guard values(key).contains(where: { Self.isSameKey($0.content, former.record) }) else {
            return leave(subject, key, .none, "the key is gone")
        }
        if let obstacle = obstacle(key) {
            return leave(
                subject, key, .manual, obstacle,
                instructions: "Remove the TXT record \(former.record) at \(key.name).")
        }
        remove(
            subject, key, where: { Self.isSameKey($0, former.record) },
            "nothing that it signed is on its way any more")
    }

    /// Providers change spaces and the order of tags; the key is what counts.
    private static func isSameKey(_ found: RecordContent, _ wanted: String) -> Bool {
        guard let found = DKIMKeyRecord(found.printed), let wanted = DKIMKeyRecord(wanted) else {
            return false
        }
        return found.publicKey == wanted.publicKey && found.keyType == wanted.keyType
    }

    mutating func planReturnPath() {
        let key = RecordKey(setup.returnPath, "MX")
        let host = setup.serviceHost
        let found = values(key)
        let ours = found.filter { if case .mx(_, host) = $0.content { true } else { false } }
        let instructions =
            "Publish one MX record, \(setup.returnPathPreference) \(host), at \(key.name), and no other."
        if ours.count == found.count, !found.isEmpty {
            return leave(.returnPath, key, .none, "bounces go to \(host)")
        }
        if let obstacle = obstacle(key) {
            return leave(.returnPath, key, .manual, obstacle, instructions: instructions)
        }
        guard found.isEmpty else {
            return leave(
                .returnPath, key, .manual,
                "mail for \(key.name) goes to other hosts, which would get bounces",
                instructions: "If nothing needs them, remove them. \(instructions)")
        }
        write(
            .returnPath, key, .mx(preference: setup.returnPathPreference, host: host),
            "bounces come back to the service")
    }

    mutating func planTracking(_ wished: (name: String, target: String)) {
        let key = RecordKey(wished.name, "CNAME")
        let wanted = RecordContent.cname(wished.target)
        let found = values(key)
        let instructions = "Publish the CNAME record \(wished.target) at \(key.name), and no other there."
        if found.map(\.content) == [wanted] {
            return leave(.tracking, key, .none, "links of this host lead to the service")
        }
        if let obstacle = found.isEmpty ? obstacle(key) : nil {
            return leave(.tracking, key, .manual, obstacle, instructions: instructions)
        }
        // RFC 1034 §3.6.2: beside an alias nothing may stand.
        if key.name == zone.name || hasOthers(at: key) {
            return leave(
                .tracking, key, .manual, "\(key.name) has other records, beside which no alias may stand",
                instructions: "Choose another tracking host, or give \(key.name) the addresses of "
                    + "\(wished.target).")
        }
        let own = setup.ownValues[key] ?? []
        guard found.allSatisfy({ own.contains($0.content) }) else {
            return leave(
                .tracking, key, .manual, "\(key.name) is an alias of another host",
                instructions: "If nothing needs the alias that is there, remove it. \(instructions)")
        }
        write(
            .tracking, key, wanted, replacing: { own.contains($0) },
            "links in mail of the domain name this host")
    }
}
