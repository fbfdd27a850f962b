import EventLoop
import FoundationEssentials

extension Route53Client {
    /// How long a change is waited for; Route 53 mostly has it everywhere within a minute.
    static let maxSyncPauses = 6

    func apply(_ changes: [RecordSetChange], to zone: DNSZone) async throws(DNSProviderError) -> Bool? {
        guard !changes.isEmpty else { return true }
        let body = try Self.body(changes)
        let reply = try await send(
            "POST", try Self.path(of: zone.id) + "/rrset/", "", body: Array(body.utf8),
            needs: "route53:ChangeResourceRecordSets")
        guard let id = reply["ChangeInfo"]?.text("Id") else {
            throw .temporary("Route 53's answer names no change")
        }
        return await isInSync(Self.last(id))
    }

    /// The change is made whatever comes out: this only waits for the servers.
    private func isInSync(_ id: String) async -> Bool {
        guard id.utf8.count <= 64, id.utf8.allSatisfy(ProviderCredential.isWordByte) else { return false }
        for attempt in 0..<Self.maxSyncPauses {
            await calls.clock.sleep(.milliseconds(attempt < 2 ? 700 : 2500))
            guard let reply = try? await get("/2013-04-01/change/\(id)", "", needs: "route53:GetChange")
            else {
                return false
            }
            if reply["ChangeInfo"]?.text("Status") == "INSYNC" { return true }
        }
        return false
    }

    /// The order of the elements is part of the format.
    static func body(_ changes: [RecordSetChange]) throws(DNSProviderError) -> String {
        var body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        body += "<ChangeResourceRecordSetsRequest xmlns=\"\(namespace)\"><ChangeBatch>"
        body += "<Comment>Dispatch</Comment><Changes>"
        for change in changes {
            if let before = change.before { body += try element("DELETE", before) }
            if let after = change.after { body += try element("CREATE", after) }
        }
        return body + "</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>"
    }

    private static func element(_ action: String, _ set: RecordSet) throws(DNSProviderError) -> String {
        var values = ""
        for value in set.values {
            values +=
                "<ResourceRecord><Value>\(XMLElement.escaped(try written(value)))</Value></ResourceRecord>"
        }
        return "<Change><Action>\(action)</Action><ResourceRecordSet>"
            + "<Name>\(XMLElement.escaped(set.key.name)).</Name><Type>\(set.key.type)</Type>"
            + "<TTL>\(set.ttlSeconds ?? RecordSet.newTTLSeconds)</TTL>"
            + "<ResourceRecords>\(values)</ResourceRecords></ResourceRecordSet></Change>"
    }

    private static func written(_ value: RecordValue) throws(DNSProviderError) -> String {
        if let raw = value.raw { return raw }
        switch value.content {
        case .txt(let bytes): return TXTCodec.encode(bytes, .octal)
        case .mx(let preference, let host): return "\(preference) \(host)."
        case .cname(let host): return "\(host)."
        case .other: throw .unsupported("records of this type are not written")
        }
    }
}

extension RecordSet {
    /// Of sets that we make.
    static let newTTLSeconds = 300
}
