import TestSupport

/// One record as Cloudflare keeps it: one value with an id.
package struct CloudflareRecord: Sendable, Equatable {
    package let id: String
    package let name: RecordName
    package let type: String
    /// As it was written; hosts without a dot at the end.
    package var content: String
    /// 1 is automatic.
    package var ttl: Int
    package var priority: Int?
    package var proxied: Bool
    package var comment: String?
    /// The service's own, such as those of its mail routing: no call changes it.
    package var isReadOnly = false
    package let createdOn: String
    package var modifiedOn: String
    /// What the name servers get.
    var data: RecordData

    var json: JSONValue {
        var members: [String: JSONValue] = [
            "id": .string(id), "name": .string(name.description), "type": .string(type),
            "content": .string(content), "ttl": .integer(ttl), "proxied": .bool(proxied),
            "proxiable": .bool(Self.proxiable.contains(type)), "settings": .object([:]),
            "meta": isReadOnly ? ["email_routing": true, "read_only": true] : .object([:]),
            "comment": comment.map(JSONValue.string) ?? .null, "tags": [],
            "created_on": .string(createdOn), "modified_on": .string(modifiedOn),
        ]
        if let priority { members["priority"] = .integer(priority) }
        return .object(members)
    }

    static let proxiable: Set<String> = ["A", "AAAA", "CNAME"]

    /// Whether the service takes the two for the same record.
    func isSame(as other: CloudflareRecord) -> Bool {
        name == other.name && type == other.type && data == other.data
    }
}

/// A zone at Cloudflare with its records in the order in which they were made.
package struct CloudflareZone: Sendable {
    package let id: String
    package let name: RecordName
    /// `initializing`, `pending`, `active` or `moved`.
    package var status: String
    package let nameServers: [String]
    /// Whether the name servers serve it.
    package let isDelegated: Bool
    package var records: [CloudflareRecord] = []
    package var flattensAllAliases = false

    static let accountID = "f1a4e5b6c7d8091a2b3c4d5e6f708192"

    var json: JSONValue {
        [
            "id": .string(id), "name": .string(name.description), "status": .string(status),
            "paused": false, "type": "full", "development_mode": 0,
            "name_servers": .array(nameServers.map(JSONValue.string)),
            "account": ["id": .string(Self.accountID), "name": "Fake account"],
            "owner": ["id": .null, "type": "user", "email": .null], "permissions": ["#zone:read"],
            "created_on": "2026-01-01T00:00:00.000000Z", "modified_on": "2026-01-01T00:00:00.000000Z",
            "activated_on": "2026-01-01T00:00:00.000000Z",
            "meta": [
                "step": 2, "custom_certificate_quota": 0, "page_rule_quota": 3, "phishing_detected": false,
            ],
            "plan": ["id": "free", "name": "Free Website", "legacy_id": "free"],
        ]
    }

    /// What stands behind the service's own web servers is served with their address, and so is an alias that
    /// is flattened: nobody sees where it leads.
    var served: [ServedRecord] {
        records.map { record in
            let isHidden = record.type == "CNAME" && (flattensAllAliases || record.name == name)
            let data = record.proxied || isHidden ? Self.ownAddress ?? record.data : record.data
            return ServedRecord(name: record.name, ttlSeconds: record.ttl, data: data)
        }
    }

    private static let ownAddress = try? RecordData(type: "A", text: "192.0.2.80", form: .quoted)
}

/// A token and what it may do.
package struct CloudflareToken: Sendable {
    package let token: String
    package let label: String
    /// Of `zone:read`, `dns:read`, `dns:edit`, `zone_settings:read`.
    package let permissions: Set<String>
    /// Ids; nil for all.
    package let zones: Set<String>?

    func allows(_ permission: String) -> Bool {
        permissions.contains(permission) || (permission == "dns:read" && permissions.contains("dns:edit"))
    }
}
