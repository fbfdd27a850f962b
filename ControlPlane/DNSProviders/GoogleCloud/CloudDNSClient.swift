import FoundationEssentials
import HTTPClient

/// Google Cloud DNS v1. A change holds deletions, which must be the sets exactly as they are, and additions;
/// it is made or left as a whole, and a stale one answers 412.
struct CloudDNSClient: DNSProvider {
    static let maxPages = 40
    static let maxSyncPauses = 6

    let base: String
    let tokens: GoogleTokens
    let calls: ProviderCalls

    private var project: String {
        "\(base)/dns/v1/projects/\(HTTPURL.escaped(tokens.account.project))"
    }

    func zones() async throws(DNSProviderError) -> [DNSZone] {
        var zones: [DNSZone] = []
        var page = ""
        for _ in 1...Self.maxPages {
            let reply: CloudDNSReplies.Zones = try await get(
                "/managedZones?maxResults=100\(page)", needs: "dns.managedZones.list")
            zones += (reply.managedZones ?? []).compactMap(\.zone)
            guard let next = reply.nextPageToken, !next.isEmpty else { return zones }
            page = "&pageToken=\(HTTPURL.escaped(next))"
        }
        throw .unsupported("Google lists more than \(Self.maxPages * 100) zones")
    }

    func zone(_ id: String) async throws(DNSProviderError) -> DNSZone {
        let reply: CloudDNSReplies.Zone = try await get(try Self.path(of: id), needs: "dns.managedZones.get")
        guard let zone = reply.zone else { throw .notFound("Google has no such public zone.") }
        return zone
    }

    func recordSets(at names: [String], in zone: DNSZone) async throws(DNSProviderError) -> [RecordSet] {
        var sets: [RecordSet] = []
        for name in names { sets += try await recordSets(at: name, zone) }
        return sets
    }

    private func recordSets(at name: String, _ zone: DNSZone) async throws(DNSProviderError) -> [RecordSet] {
        let wanted = RecordKey.normal(name)
        let path = try Self.path(of: zone.id) + "/rrsets?name=\(HTTPURL.escaped(wanted + "."))"
        var sets: [RecordSet] = []
        var page = ""
        for _ in 1...Self.maxPages {
            let reply: CloudDNSReplies.RecordSets = try await get(
                path + page, needs: "dns.resourceRecordSets.list")
            sets += (reply.rrsets ?? []).map(\.set).filter { $0.key.name == wanted }
            guard let next = reply.nextPageToken, !next.isEmpty else { return sets }
            page = "&pageToken=\(HTTPURL.escaped(next))"
        }
        throw .unsupported("Google lists too many records at \(wanted)")
    }

    // MARK: Changes

    func apply(_ changes: [RecordSetChange], to zone: DNSZone) async throws(DNSProviderError) -> Bool? {
        guard !changes.isEmpty else { return true }
        let path = try Self.path(of: zone.id) + "/changes"
        let body: [UInt8]
        do { body = Array(try JSONEncoder().encode(try CloudDNSChange(changes))) } catch {
            throw error as? DNSProviderError ?? .unsupported("the records cannot be written as JSON")
        }
        let change: CloudDNSReplies.Change = try await call(
            "POST", path, body: body, needs: "dns.changes.create")
        if change.status == "done" { return true }
        guard let id = change.id else { return false }
        return await isDone("\(path)/\(HTTPURL.escaped(id))")
    }

    /// The change is made whatever comes out: this only waits for the servers.
    private func isDone(_ path: String) async -> Bool {
        for attempt in 0..<Self.maxSyncPauses {
            await calls.clock.sleep(.milliseconds(attempt < 2 ? 500 : 2000))
            guard let change: CloudDNSReplies.Change = try? await get(path, needs: "dns.changes.get") else {
                return false
            }
            if change.status == "done" { return true }
        }
        return false
    }

    // MARK: Calls

    private func get<Value: Decodable>(
        _ path: String, needs permission: String
    ) async throws(DNSProviderError) -> Value {
        try await call("GET", path, body: nil, needs: permission)
    }

    private func call<Value: Decodable>(
        _ method: String, _ path: String, body: [UInt8]?, needs permission: String
    ) async throws(DNSProviderError) -> Value {
        let (url, tokens) = (project + path, tokens)
        let response: HTTPClientResponse
        do throws(DNSProviderError) {
            response = try await calls.send(body == nil ? .reading : .change) {
                () async throws(DNSProviderError) in
                var headers = [(name: "Authorization", value: "Bearer \(try await tokens.current())")]
                if body != nil { headers.append(("Content-Type", "application/json")) }
                return HTTPClientRequest(method, url, headers: headers, body: body)
            } fault: {
                CloudDNSReplies.fault($0, needs: permission)
            }
        } catch {
            // A token that is refused is asked for anew the next time.
            if case .credentialsRefused = error { calls.session.keep(nil) }
            throw error
        }
        do { return try JSONDecoder().decode(Value.self, from: Data(response.body)) } catch {
            throw .temporary("Google's answer cannot be read")
        }
    }

    /// - Throws: `notFound` for what is neither a zone's name nor its number.
    static func path(of zone: String) throws(DNSProviderError) -> String {
        let isID = zone.utf8.allSatisfy { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte == UInt8(ascii: "-")
        }
        guard (1...63).contains(zone.utf8.count), isID else {
            throw .notFound("Google has no such zone in this project.")
        }
        return "/managedZones/\(zone)"
    }
}
