import FoundationEssentials
import HTTPClient
import Service

/// Cloudflare's API v4. It keeps one object for each value, and has no compare-and-swap: before a change the
/// sets are read again and compared with what the plan saw, and only objects that the plan names are touched,
/// in one batch, which Cloudflare makes or leaves as a whole.
///
/// What somebody changes between that second look and the batch is not noticed there: whoever applies a plan
/// looks again afterwards.
struct CloudflareClient: DNSProvider {
    /// The most that Cloudflare takes for zones.
    static let pageSize = 50
    static let maxPages = 40

    let base: String
    let token: Secret
    let calls: ProviderCalls

    func zones() async throws(DNSProviderError) -> [DNSZone] {
        let zones: [CloudflareReplies.Zone] = try await pages("/zones", needs: "Zone:Zone:Read")
        return zones.map(\.zone)
    }

    func zone(_ id: String) async throws(DNSProviderError) -> DNSZone {
        let path = try Self.path(of: id)
        let response = try await send("GET", path, needs: "Zone:Zone:Read")
        let envelope: CloudflareReplies.Envelope<CloudflareReplies.Zone> = try Self.decode(response)
        guard let zone = envelope.result else { throw .notFound("Cloudflare has no such zone.") }
        return zone.zone
    }

    func recordSets(at names: [String], in zone: DNSZone) async throws(DNSProviderError) -> [RecordSet] {
        let path = try Self.path(of: zone.id)
        var sets: [RecordSet] = []
        for name in names {
            let wanted = RecordKey.normal(name)
            let records: [CloudflareReplies.Record] = try await pages(
                "\(path)/dns_records?name=\(HTTPURL.escaped(wanted))", needs: "Zone:DNS:Read")
            sets += Self.sets(records.filter { RecordKey.normal($0.name) == wanted })
        }
        return sets
    }

    private static func sets(_ records: [CloudflareReplies.Record]) -> [RecordSet] {
        var sets: [RecordSet] = []
        for record in records {
            let index = sets.firstIndex { $0.key == record.key } ?? sets.endIndex
            if index == sets.endIndex {
                sets.append(RecordSet(record.key, ttlSeconds: record.ttl, values: []))
            }
            sets[index].values.append(record.value)
            if record.meta?.readOnly == true {
                sets[index].lockedReason =
                    "Cloudflare manages a record at this name itself (such as Email Routing)"
            }
        }
        return sets
    }

    // MARK: Calls

    /// All pages of a list.
    private func pages<Item: Decodable>(
        _ path: String, needs permission: String
    ) async throws(DNSProviderError) -> [Item] {
        var items: [Item] = []
        let separator = path.contains("?") ? "&" : "?"
        for page in 1...Self.maxPages {
            let response = try await send(
                "GET", "\(path)\(separator)per_page=\(Self.pageSize)&page=\(page)", needs: permission)
            let envelope: CloudflareReplies.Envelope<[Item]> = try Self.decode(response)
            let new = envelope.result ?? []
            items += new
            let isLast = envelope.resultInfo?.totalPages.map { page >= $0 } ?? (new.count < Self.pageSize)
            if new.isEmpty || isLast { return items }
        }
        throw .unsupported("Cloudflare lists more than \(Self.maxPages * Self.pageSize) items")
    }

    func send(
        _ method: String, _ path: String, body: [UInt8]? = nil, needs permission: String
    ) async throws(DNSProviderError) -> HTTPClientResponse {
        var headers = [(name: "Authorization", value: "Bearer \(token.revealed)")]
        if body != nil { headers.append(("Content-Type", "application/json")) }
        let request = HTTPClientRequest(method, base + path, headers: headers, body: body)
        return try await calls.send(body == nil ? .reading : .change) { () throws(DNSProviderError) in
            request
        } fault: {
            CloudflareReplies.fault($0, needs: permission)
        }
    }

    static func decode<Value: Decodable>(_ response: HTTPClientResponse) throws(DNSProviderError) -> Value {
        do { return try JSONDecoder().decode(Value.self, from: Data(response.body)) } catch {
            throw .temporary("Cloudflare's answer cannot be read")
        }
    }

    /// - Throws: `notFound` for what is no id of theirs: nothing else gets into a path.
    static func path(of zone: String) throws(DNSProviderError) -> String {
        let isHex = zone.utf8.allSatisfy { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
        }
        guard zone.utf8.count == 32, isHex else { throw .notFound("Cloudflare has no such zone.") }
        return "/zones/\(zone)"
    }
}
