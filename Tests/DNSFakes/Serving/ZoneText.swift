/// Zone files (RFC 1035 §5) of what a service serves.
enum ZoneText {
    /// Cloudflare's "automatic" is 300 seconds.
    private static let automaticSeconds = 300

    static func text(
        of zone: RecordName, serial: Int, nameServers: [String], negativeSeconds: Int,
        records: [ServedRecord]
    ) -> String {
        let primary = nameServers.first ?? "ns.\(ServedZones.serverZone)"
        var lines = [
            "\(zone.absolute) 3600 SOA \(primary). hostmaster.\(zone.absolute) \(serial) 3600 600 86400 "
                + "\(negativeSeconds)"
        ]
        for server in nameServers { lines.append("\(zone.absolute) 3600 NS \(server).") }
        var served: Set<String> = []
        for record in records where isServed(record, zone) {
            let ttl = record.ttlSeconds <= 1 ? automaticSeconds : record.ttlSeconds
            // Records of one set with different lifetimes are served with the first one's.
            guard served.insert("\(record.name) \(record.data.type) \(record.data.zoneText)").inserted else {
                continue
            }
            lines.append("\(record.name.absolute) \(ttl) \(record.data.type) \(record.data.zoneText)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// An alias at the zone's own name cannot stand in a zone file; its name servers come from the zone.
    private static func isServed(_ record: ServedRecord, _ zone: RecordName) -> Bool {
        record.name != zone || (record.data.type != "CNAME" && record.data.type != "NS")
    }
}
