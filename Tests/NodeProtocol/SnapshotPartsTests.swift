import Crypto
import FoundationEssentials
import NodeProtocol
import Testing

/// Snapshots of many versions, each made of the one before and the chunks that have changed.
@Suite struct SnapshotPartsTests {
    private let cluster: Cluster

    init() throws { cluster = try Cluster() }

    /// A tenant with every field filled, so that the next test sees each of them.
    private func full(_ id: TenantID, name: String = "Full", pool: String? = nil) -> TenantRecord {
        TenantRecord(
            id: id, name: name, status: .suspended,
            limits: .init(
                monthlyQuota: 5, dailyQuota: 6, overageEnabled: true, messagesPerMinute: 7, maxRecipients: 8,
                maxMessageBytes: 9, logsBodies: false, deadlineHours: 10, transactionalPool: pool,
                bulkPool: pool),
            bodyKey: Data([1, 2, 3]),
            domains: [
                .init(
                    id: UUID(), name: "\(name).example", selector: "s1", sealedKey: Data([4, 5]),
                    coversSubdomains: false)
            ],
            apiKeys: [
                .init(
                    id: UUID(), sha256: sha256("dsp_live_\(name)"), scopes: ["emails:send", "emails:read"],
                    isTest: true, domain: "full.example", requestsPerMinute: 13, allowedCIDRs: ["10.0.0.0/8"],
                    expiresAt: 14)
            ],
            credentials: [
                .init(id: UUID(), username: "\(name)@dispatch.example", passwordSHA256: sha256("pw \(name)"))
            ],
            webhooks: [
                .init(id: UUID(), url: "https://x.example", events: ["sent"], sealedSecret: Data([6]))
            ],
            members: [.init(subject: "someone", role: .admin)],
            templates: [.init(id: UUID(), slug: "welcome", subject: "Hi", html: "<b>Hi</b>", text: "Hi")],
            masterTemplate: "<div>{{content}}</div>")
    }

    @Test func `a tenant comes out of a chunk as it went in`() throws {
        let record = full(try tenantID(0x0A), pool: "default")
        for child in Mirror(reflecting: record).children {
            let isEmpty = (child.value as? any Collection)?.isEmpty ?? false
            #expect(
                !isEmpty, "fill \(child.label ?? "-") here, and write and read it in TenantRecord+Protobuf")
        }
        let empty = TenantRecord(id: try tenantID(0x0B), name: "")
        let chunk = TenantsChunk(tenants: [record, empty])
        #expect(TenantsChunk(protobuf: chunk.encoded()[...]) == chunk)
        let bytes = chunk.encoded()
        for count in 0..<bytes.count {
            // What is cut is refused or holds less; it never traps.
            _ = TenantsChunk(protobuf: bytes.prefix(count))
        }
    }

    @Test func `suppressions come out as they went in, and out of order they are refused`() throws {
        var lists = SuppressionHashes()
        lists.set([3, 1, 2], of: try tenantID(1))
        let second = try tenantID(2)
        lists.set((0..<1_000).map { SuppressionHashes.hash("u\($0)@x.example", tenant: second) }, of: second)
        #expect(SuppressionHashes(protobuf: lists.encoded()[...]) == lists)
        for number in 0..<1_000 {
            #expect(lists.contains("U\(number)@x.example", tenant: try tenantID(2)))
            #expect(!lists.contains("v\(number)@x.example", tenant: try tenantID(2)))
        }
        var writer = ProtobufWriter()
        let tenant = try tenantID(3)
        writer.put(1) { writer in
            writer.put(1, tenant)
            writer.put(2, [0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1] as [UInt8])
        }
        #expect(SuppressionHashes(protobuf: writer.bytes[...]) == nil)
    }

    /// The parts that `old` does not hold, as a node would gather them.
    private func next(
        _ chunks: [String: [UInt8]], version: Int64, after old: Snapshot?
    ) throws -> (snapshot: Snapshot, read: [String]) {
        let manifest = cluster.manifest(version: version, chunks: chunks)
        var parts: [String: SnapshotPart] = [:]
        for chunk in manifest.chunks where old?.holds(chunk) != true {
            parts[chunk.name] = try SnapshotPart(chunk, try #require(chunks[chunk.name]))
        }
        let snapshot = try Snapshot(
            manifest, parts: parts, clusterKeys: [cluster.clusterKey], replacing: old)
        return (snapshot, parts.keys.sorted())
    }

    @Test func `only what has changed is read again, and the version before is as it was`() throws {
        let (one, two) = (full(try tenantID(1), name: "one"), full(try tenantID(2), name: "two"))
        var chunks = try cluster.chunks([one, two])
        let (first, all) = try next(chunks, version: 5, after: nil)
        #expect(all == ["global", "tenants/01", "tenants/02"])
        var changed = two
        changed.apiKeys = []
        changed.status = .active
        chunks["tenants/02"] = TenantsChunk(tenants: [changed]).encoded()
        let (second, read) = try next(chunks, version: 6, after: first)
        #expect(read == ["tenants/02"])
        #expect(first.apiKey("dsp_live_two")?.tenant.id == two.id)
        #expect(second.apiKey("dsp_live_two") == nil)
        #expect(second.apiKey("dsp_live_one")?.tenant.id == one.id)
        #expect(first.inactiveTenants == [one.id, two.id])
        #expect(second.inactiveTenants == [one.id])
    }

    @Test func `whatever changes, a version made of the one before is as one made anew`() throws {
        var generator = SystemRandomNumberGenerator()
        let seed = UInt64.random(in: .min ... .max, using: &generator)
        var random = Congruential(state: seed)
        let ids = try (0..<12).map { try tenantID(UInt8($0)) }
        var tenants: [TenantID: TenantRecord] = [:]
        var suppressed: [TenantID: [String]] = [:]
        var held: Snapshot?
        for version in 1...60 {
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let id = ids[Int.random(in: ids.indices, using: &random)]
                if Int.random(in: 0..<4, using: &random) == 0 {
                    tenants[id] = nil
                } else {
                    tenants[id] = full(id, name: "n\(Int.random(in: 0..<6, using: &random))-\(id)")
                }
                suppressed[id] = Bool.random(using: &random) ? nil : ["r\(version)@x.example"]
            }
            var chunks = ["global": try cluster.chunk(cluster.global())]
            // Several tenants a chunk, and a chunk that comes and goes.
            for (name, members) in Dictionary(
                grouping: tenants.values, by: { "tenants/0\($0.id.uuid.uuid.15 % 3)" })
            {
                let sorted = members.sorted { $0.id.description < $1.id.description }
                chunks[name] = TenantsChunk(tenants: sorted).encoded()
            }
            var lists = SuppressionHashes()
            for (id, addresses) in suppressed {
                lists.set(addresses.map { SuppressionHashes.hash($0, tenant: id) }, of: id)
            }
            if version % 5 > 0 { chunks["suppressions/00"] = lists.encoded() }
            let (snapshot, _) = try next(chunks, version: Int64(version), after: held)
            let anew = try next(chunks, version: Int64(version), after: nil).snapshot
            held = snapshot
            #expect(snapshot.tenantCount == anew.tenantCount, "seed \(seed)")
            #expect(snapshot.inactiveTenants == anew.inactiveTenants, "seed \(seed)")
            for id in ids {
                #expect(snapshot.tenant(id) == anew.tenant(id), "seed \(seed)")
                let address = "r\(version)@x.example"
                #expect(
                    snapshot.isSuppressed(address, tenant: id) == anew.isSuppressed(address, tenant: id),
                    "seed \(seed)")
                for name in (0..<6).map({ "n\($0)-\(id)" }) {
                    #expect(
                        snapshot.apiKey("dsp_live_\(name)")?.tenant
                            == anew.apiKey("dsp_live_\(name)")?.tenant,
                        "seed \(seed)")
                    #expect(
                        snapshot.owner(ofDomain: "\(name).example") == anew.owner(ofDomain: "\(name).example")
                    )
                    let found = snapshot.credential(
                        username: "\(name)@dispatch.example", password: "pw \(name)")
                    let wanted = anew.credential(username: "\(name)@dispatch.example", password: "pw \(name)")
                    #expect(found?.credential == wanted?.credential, "seed \(seed)")
                }
            }
        }
    }
}

/// Numbers that a seed gives again.
private struct Congruential: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 29
    }
}
