import FoundationEssentials

/// A chunk that was checked and read. Never changed: snapshots that hold the same chunk share it.
package final class SnapshotPart: Sendable {
    enum Content: Sendable {
        case global(GlobalChunk)
        case tenants([TenantRecord])
        case suppressions(SuppressionHashes)
        case usage(UsageChunk)
        /// Of a kind that only a later version knows.
        case unknown
    }

    let sha256: String
    let content: Content
    /// Tenants that may neither send nor have what they sent delivered.
    let inactive: [TenantID]
    /// One tenant for each pair of pools that any of them names.
    let poolUsers: [TenantRecord]

    /// Holds the bytes against the chunk's hash and size, and reads them. Takes its time: beside the loops.
    ///
    /// - Throws: `.chunkSizeDiffers`, `.chunkHashDiffers`, `.unreadableChunk`.
    package init(_ chunk: Manifest.Chunk, _ bytes: [UInt8]) throws(SnapshotRefusal) {
        try chunk.check(bytes)
        sha256 = chunk.sha256
        content = try Self.read(chunk.name, bytes)
        var pools: [[String?]: TenantRecord] = [:]
        var inactive: [TenantID] = []
        for tenant in content.tenants {
            if tenant.status != .active { inactive.append(tenant.id) }
            let named = [tenant.limits.transactionalPool, tenant.limits.bulkPool]
            if pools[named] == nil { pools[named] = tenant }
        }
        self.inactive = inactive
        poolUsers = Array(pools.values)
    }

    private static func read(_ name: String, _ bytes: [UInt8]) throws(SnapshotRefusal) -> Content {
        // Chunks of format 1 were JSON objects throughout; no message of Protocol Buffers begins like one.
        let isJSON = bytes.first == UInt8(ascii: "{")
        if name == "global" { return .global(try json(GlobalChunk.self, bytes, name)) }
        if name.hasPrefix("tenants/") {
            if isJSON { return .tenants(try json(TenantsChunk.self, bytes, name).tenants) }
            guard let chunk = TenantsChunk(protobuf: bytes[...]) else {
                throw .unreadableChunk(name, "it holds no tenants")
            }
            return .tenants(chunk.tenants)
        }
        if name.hasPrefix("usage/") {
            guard let chunk = UsageChunk(protobuf: bytes[...]) else {
                throw .unreadableChunk(name, "it holds no usage")
            }
            return .usage(chunk)
        }
        guard name.hasPrefix("suppressions/") else { return .unknown }
        if isJSON {
            let chunk = try json(SuppressionsChunk.self, bytes, name)
            do { return .suppressions(try SuppressionHashes(chunk)) } catch {
                throw .unreadableChunk(name, "\(error)")
            }
        }
        guard let lists = SuppressionHashes(protobuf: bytes[...]) else {
            throw .unreadableChunk(name, "it holds no suppressions")
        }
        return .suppressions(lists)
    }

    private static func json<Value: Decodable>(
        _ type: Value.Type, _ bytes: [UInt8], _ name: String
    ) throws(SnapshotRefusal) -> Value {
        do { return try JSONDecoder().decode(type, from: Data(bytes)) } catch {
            throw .unreadableChunk(name, "\(error)")
        }
    }
}

extension SnapshotPart.Content {
    var tenants: [TenantRecord] { if case .tenants(let tenants) = self { tenants } else { [] } }

    var usage: UsageChunk? { if case .usage(let chunk) = self { chunk } else { nil } }

    var suppressions: SuppressionHashes? {
        if case .suppressions(let lists) = self { lists } else { nil }
    }
}
