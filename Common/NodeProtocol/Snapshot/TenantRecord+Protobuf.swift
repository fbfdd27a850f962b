import FoundationEssentials

// A tenant on the wire. A field that is added gets the next number here, in `write` and in `init`; a number
// is never given a second meaning (5 of a tenant was its usage), and a node passes over those that it does
// not know.

extension TenantsChunk {
    /// Field 1 for each tenant.
    package func encoded() -> [UInt8] {
        var writer = ProtobufWriter(capacityBytes: 1 << 20)
        for tenant in tenants { writer.put(1) { tenant.write(to: &$0) } }
        return writer.bytes
    }

    /// Nil when the bytes are something else.
    package init?(protobuf bytes: ArraySlice<UInt8>) {
        var reader = ProtobufReader(bytes)
        var shared = SharedScopes()
        tenants = []
        while let field = reader.next() {
            guard field.number == 1 else { continue }
            guard let tenant = TenantRecord(protobuf: field.bytes, &shared) else { return nil }
            tenants.append(tenant)
        }
        guard reader.isWhole else { return nil }
    }
}

/// Keys have few different lists of scopes: equal ones share their memory.
struct SharedScopes {
    private var known: [[String]] = []

    mutating func share(_ scopes: [String]) -> [String] {
        if let found = known.first(where: { $0 == scopes }) { return found }
        if known.count < 16 { known.append(scopes) }
        return scopes
    }
}

extension TenantRecord {
    package func write(to writer: inout ProtobufWriter) {
        writer.put(1, id)
        writer.put(2, name)
        writer.put(3, status.rawValue)
        writer.put(4) { limits.write(to: &$0) }
        if let bodyKey { writer.put(6, Array(bodyKey)) }
        for domain in domains { writer.put(7) { domain.write(to: &$0) } }
        for key in apiKeys { writer.put(8) { key.write(to: &$0) } }
        for credential in credentials {
            writer.put(9) { writer in
                writer.put(1, credential.id)
                writer.put(2, credential.username)
                writer.put(3, credential.passwordHash.bytes)
            }
        }
        for webhook in webhooks { writer.put(10) { webhook.write(to: &$0) } }
        for member in members {
            writer.put(11) { writer in
                writer.put(1, member.subject)
                writer.put(2, member.role.rawValue)
            }
        }
        for template in templates ?? [] { writer.put(12) { template.write(to: &$0) } }
        writer.put(13, masterTemplate)
    }

    /// Nil when the bytes are no tenant. A status that this version does not know is `blocked`.
    init?(protobuf bytes: ArraySlice<UInt8>, _ shared: inout SharedScopes) {
        var reader = ProtobufReader(bytes)
        var record = Fields(id: .unknown, name: "", status: .blocked, limits: Limits())
        var isKnown = false
        while let field = reader.next() {
            switch field.number {
            case 1:
                guard let id = field.tenantID else { return nil }
                record.id = id
                isKnown = true
            case 2: record.name = field.text
            case 3: record.status = Status(rawValue: field.text) ?? .blocked
            case 4:
                guard let limits = Limits(protobuf: field.bytes) else { return nil }
                record.limits = limits
            case 6: record.bodyKey = Data(field.bytes)
            case 7:
                guard let domain = Domain(protobuf: field.bytes) else { return nil }
                record.domains.append(domain)
            case 8:
                guard let key = APIKey(protobuf: field.bytes, &shared) else { return nil }
                record.apiKeys.append(key)
            case 9:
                guard let credential = Credential(protobuf: field.bytes) else { return nil }
                record.credentials.append(credential)
            case 10:
                guard let webhook = Webhook(protobuf: field.bytes) else { return nil }
                record.webhooks.append(webhook)
            case 11: if let member = Member(protobuf: field.bytes) { record.members.append(member) }
            case 12:
                guard let template = Template(protobuf: field.bytes) else { return nil }
                record.templates = (record.templates ?? []) + [template]
            case 13: record.masterTemplate = field.text
            default: break
            }
        }
        guard reader.isWhole, isKnown else { return nil }
        self.init(record)
    }
}

extension TenantRecord.Limits {
    fileprivate func write(to writer: inout ProtobufWriter) {
        writer.put(1, monthlyQuota)
        writer.put(2, overageEnabled)
        writer.put(3, messagesPerMinute)
        writer.put(4, maxRecipients)
        writer.put(5, maxMessageBytes)
        writer.put(6, logsBodies)
        writer.put(7, deadlineHours)
        writer.put(8, transactionalPool)
        writer.put(9, bulkPool)
        writer.put(10, dailyQuota)
    }

    fileprivate init?(protobuf bytes: ArraySlice<UInt8>) {
        var reader = ProtobufReader(bytes)
        self.init()
        while let field = reader.next() {
            switch field.number {
            case 1: monthlyQuota = field.integer()
            case 2: overageEnabled = field.isTrue
            case 3: messagesPerMinute = field.integer()
            case 4: maxRecipients = field.integer()
            case 5: maxMessageBytes = field.integer()
            case 6: logsBodies = field.isTrue
            case 7: deadlineHours = field.integer()
            case 8: transactionalPool = field.text
            case 9: bulkPool = field.text
            case 10: dailyQuota = field.integer()
            default: break
            }
        }
        guard reader.isWhole else { return nil }
    }
}

extension TenantRecord.Domain {
    fileprivate func write(to writer: inout ProtobufWriter) {
        writer.put(1, id)
        writer.put(2, name)
        writer.put(3, selector)
        writer.put(4, Array(sealedKey))
        writer.put(5, coversSubdomains)
        writer.put(6, trackingHost)
    }

    fileprivate init?(protobuf bytes: ArraySlice<UInt8>) {
        var reader = ProtobufReader(bytes)
        var (id, name, selector, key): (UUID?, String?, String?, Data?)
        var covers = true
        var host: String?
        while let field = reader.next() {
            switch field.number {
            case 1: id = field.uuid
            case 2: name = field.text
            case 3: selector = field.text
            case 4: key = Data(field.bytes)
            case 5: covers = field.isTrue
            case 6: host = field.text
            default: break
            }
        }
        guard reader.isWhole, let id, let name, let selector, let key else { return nil }
        self.init(id: id, name: name, selector: selector, sealedKey: key, coversSubdomains: covers)
        trackingHost = host
    }
}

extension TenantRecord.APIKey {
    fileprivate func write(to writer: inout ProtobufWriter) {
        writer.put(1, id)
        writer.put(2, hash.bytes)
        writer.put(3, repeated: scopes)
        writer.put(4, isTest)
        writer.put(5, domain)
        writer.put(6, requestsPerMinute)
        writer.put(7, repeated: allowedCIDRs)
        writer.put(8, expiresAt)
    }

    fileprivate init?(protobuf bytes: ArraySlice<UInt8>, _ shared: inout SharedScopes) {
        var reader = ProtobufReader(bytes)
        var id: UUID?
        var hash: SecretHash?
        var scopes: [String] = []
        var key = TenantRecord.APIKey(id: TenantID.unknown.uuid, hash: .none, scopes: [])
        while let field = reader.next() {
            switch field.number {
            case 1: id = field.uuid
            case 2: hash = SecretHash(field.bytes)
            case 3: scopes.append(field.text)
            case 4: key.isTest = field.isTrue
            case 5: key.domain = field.text
            case 6: key.requestsPerMinute = field.integer()
            case 7: key.allowedCIDRs.append(field.text)
            case 8: key.expiresAt = field.integer()
            default: break
            }
        }
        guard reader.isWhole, let id, let hash else { return nil }
        self = key
        self.id = id
        self.hash = hash
        self.scopes = shared.share(scopes)
    }
}

extension TenantRecord.Credential {
    fileprivate init?(protobuf bytes: ArraySlice<UInt8>) {
        var reader = ProtobufReader(bytes)
        var (id, username, hash): (UUID?, String?, SecretHash?)
        while let field = reader.next() {
            switch field.number {
            case 1: id = field.uuid
            case 2: username = field.text
            case 3: hash = SecretHash(field.bytes)
            default: break
            }
        }
        guard reader.isWhole, let id, let username, let hash else { return nil }
        self.init(id: id, username: username, passwordHash: hash)
    }
}

extension TenantRecord.Webhook {
    fileprivate func write(to writer: inout ProtobufWriter) {
        writer.put(1, id)
        writer.put(2, url)
        writer.put(3, repeated: events)
        writer.put(4, Array(sealedSecret))
    }

    fileprivate init?(protobuf bytes: ArraySlice<UInt8>) {
        var reader = ProtobufReader(bytes)
        var (id, url, secret): (UUID?, String?, Data?)
        var events: [String] = []
        while let field = reader.next() {
            switch field.number {
            case 1: id = field.uuid
            case 2: url = field.text
            case 3: events.append(field.text)
            case 4: secret = Data(field.bytes)
            default: break
            }
        }
        guard reader.isWhole, let id, let url, let secret else { return nil }
        self.init(id: id, url: url, events: events, sealedSecret: secret)
    }
}

extension TenantRecord.Template {
    fileprivate func write(to writer: inout ProtobufWriter) {
        writer.put(1, id)
        writer.put(2, slug)
        writer.put(3, subject)
        writer.put(4, html)
        writer.put(5, text)
    }

    fileprivate init?(protobuf bytes: ArraySlice<UInt8>) {
        var reader = ProtobufReader(bytes)
        var (id, slug, subject): (UUID?, String?, String?)
        var (html, text): (String?, String?)
        while let field = reader.next() {
            switch field.number {
            case 1: id = field.uuid
            case 2: slug = field.text
            case 3: subject = field.text
            case 4: html = field.text
            case 5: text = field.text
            default: break
            }
        }
        guard reader.isWhole, let id, let slug, let subject else { return nil }
        self.init(id: id, slug: slug, subject: subject, html: html, text: text)
    }
}

extension TenantRecord.Member {
    /// Nil for a role that this version does not know: it gives no rights.
    fileprivate init?(protobuf bytes: ArraySlice<UInt8>) {
        var reader = ProtobufReader(bytes)
        var (subject, role): (String?, MemberRole?)
        while let field = reader.next() {
            if field.number == 1 { subject = field.text }
            if field.number == 2 { role = MemberRole(rawValue: field.text) }
        }
        guard reader.isWhole, let subject, let role else { return nil }
        self.init(subject: subject, role: role)
    }
}
