/// What somebody else does to a zone: a set of records takes the place of the one of its name and type, or
/// goes when it has no values.
package struct ZoneEdit: Codable, Sendable {
    package var service: ServiceKind
    /// What `ZoneTicket.id` says.
    package var zone: String
    package var records: ZoneOrder.Records
    /// Not now, but when the next change of the zone has come and before it is looked at.
    package var beforeNextChange: Bool?

    enum CodingKeys: String, CodingKey {
        case service, zone, records
        case beforeNextChange = "before_next_change"
    }

    package init(
        _ service: ServiceKind, zone: String, _ records: ZoneOrder.Records, beforeNextChange: Bool = false
    ) {
        (self.service, self.zone, self.records) = (service, zone, records)
        self.beforeNextChange = beforeNextChange
    }

    /// Those that wait for a change of this zone.
    static func take(of zone: String, from edits: inout [ZoneEdit]) -> [ZoneEdit] {
        defer { edits.removeAll { $0.zone == zone } }
        return edits.filter { $0.zone == zone }
    }
}

extension DNSFakes {
    /// - Throws: what the service says of the records; at the next change when it waits for that.
    package func edit(_ edit: ZoneEdit) async throws {
        let waits = edit.beforeNextChange ?? false
        switch edit.service {
        case .cloudflare:
            if waits {
                cloudflare.state.withLock { $0.edits.append(edit) }
            } else {
                try await cloudflare.make(edit)
            }
        case .route53:
            if waits {
                route53.state.withLock { $0.edits.append(edit) }
            } else {
                try await route53.make(edit)
            }
        case .cloudDNS:
            if waits {
                cloudDNS.state.withLock { $0.edits.append(edit) }
            } else {
                try await cloudDNS.make(edit)
            }
        }
    }
}
