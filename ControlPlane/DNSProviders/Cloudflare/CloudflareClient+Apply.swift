import FoundationEssentials
import HTTPClient

extension CloudflareClient {
    /// In every record that we make, for the people who look at their zone.
    static let comment = "Dispatch"

    /// Cloudflare does not tell when its servers have a change.
    func apply(_ changes: [RecordSetChange], to zone: DNSZone) async throws(DNSProviderError) -> Bool? {
        let batch = try CloudflareBatch(changes)
        guard !batch.isEmpty else { return nil }
        try await requireUnchanged(changes, zone)
        let body: [UInt8]
        do { body = Array(try JSONEncoder().encode(batch)) } catch {
            throw .unsupported("the records cannot be written as JSON")
        }
        do throws(DNSProviderError) {
            _ = try await send(
                "POST", "\(try Self.path(of: zone.id))/dns_records/batch", body: body, needs: "Zone:DNS:Edit")
        } catch {
            // A record that is there already, as after an answer that was lost, is what was wanted.
            guard case .conflict = error, try await hasAll(changes, zone) else { throw error }
        }
        return nil
    }

    private func requireUnchanged(
        _ changes: [RecordSetChange], _ zone: DNSZone
    ) async throws(DNSProviderError) {
        let now = try await recordSets(at: Array(Set(changes.map(\.key.name))).sorted(), in: zone)
        for change in changes {
            let current = now.first { $0.key == change.key }
            switch (current, change.before) {
            case (nil, nil): continue
            case (let current?, let before?) where current.isSame(as: before): continue
            default: throw .conflict("\(change.key) changed meanwhile")
            }
        }
    }

    private func hasAll(_ changes: [RecordSetChange], _ zone: DNSZone) async throws(DNSProviderError) -> Bool
    {
        let now = try await recordSets(at: Array(Set(changes.map(\.key.name))).sorted(), in: zone)
        return changes.allSatisfy { change in
            let current = now.first { $0.key == change.key }?.contents ?? []
            return Set(current) == Set(change.after?.contents ?? [])
        }
    }
}

/// The body of `POST /zones/{id}/dns_records/batch`: made in the order deletes, patches, posts.
///
/// A value that takes the place of another is a patch of its object, which keeps its TTL, comment and tags.
struct CloudflareBatch: Encodable, Equatable {
    struct Deletion: Encodable, Equatable { let id: String }

    struct Patch: Encodable, Equatable {
        let id: String
        let content: String
        let priority: UInt16?
    }

    struct Post: Encodable, Equatable {
        let type: String
        let name: String
        let content: String
        /// Required for MX, 0 included.
        let priority: UInt16?
        /// 1 lets Cloudflare choose.
        let ttl: Int
        /// A proxied name answers no TXT and no MX.
        let proxied: Bool
        let comment: String
    }

    private(set) var deletes: [Deletion] = []
    private(set) var patches: [Patch] = []
    private(set) var posts: [Post] = []

    var isEmpty: Bool { deletes.isEmpty && patches.isEmpty && posts.isEmpty }

    init(_ changes: [RecordSetChange]) throws(DNSProviderError) {
        for change in changes {
            var removed = change.removed[...]
            for value in change.added {
                let (content, priority) = try Self.written(value)
                if let old = removed.popFirst() {
                    patches.append(Patch(id: try Self.id(of: old), content: content, priority: priority))
                } else {
                    posts.append(
                        Post(
                            type: change.key.type, name: change.key.name, content: content,
                            priority: priority,
                            ttl: change.before?.ttlSeconds ?? change.after?.ttlSeconds ?? 1, proxied: false,
                            comment: CloudflareClient.comment))
                }
            }
            for old in removed { deletes.append(Deletion(id: try Self.id(of: old))) }
        }
    }

    private static func id(of value: RecordValue) throws(DNSProviderError) -> String {
        guard let id = value.id else { throw .unsupported("a record of Cloudflare has no id") }
        return id
    }

    private static func written(_ value: RecordValue) throws(DNSProviderError) -> (String, UInt16?) {
        switch value.content {
        case .txt(let bytes): return (value.raw ?? TXTCodec.encode(bytes, .decimal), nil)
        case .mx(let preference, let host): return (host.isEmpty ? "." : host, preference)
        case .cname(let host): return (host, nil)
        case .other: throw .unsupported("records of this type are not written")
        }
    }
}
