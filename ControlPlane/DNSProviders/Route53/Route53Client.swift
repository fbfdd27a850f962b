import EventLoop
import FoundationEssentials
import HTTPClient

/// Amazon Route 53, 2013-04-01. A change is one batch that is made or left as a whole; in it a set that
/// changes is first deleted exactly as it was read and then created: if somebody else was there first, the
/// deletion does not match and nothing happens. UPSERT, which overwrites whatever is there, is never used.
struct Route53Client: DNSProvider {
    static let namespace = "https://route53.amazonaws.com/doc/2013-04-01/"
    static let maxPages = 40

    let partition: AWSPartition
    let key: SigV4.Key
    let calls: ProviderCalls

    func zones() async throws(DNSProviderError) -> [DNSZone] {
        var zones: [DNSZone] = []
        var marker = ""
        for _ in 1...Self.maxPages {
            let reply = try await get(
                "/2013-04-01/hostedzone", "maxitems=100" + (marker.isEmpty ? "" : "&marker=\(marker)"),
                needs: "route53:ListHostedZones")
            zones += (reply["HostedZones"]?.all("HostedZone") ?? []).compactMap { Self.zone($0) }
            guard reply.text("IsTruncated") == "true", let next = reply.text("NextMarker"), !next.isEmpty
            else { return zones }
            marker = HTTPURL.escaped(next)
        }
        throw .unsupported("Route 53 lists more than \(Self.maxPages * 100) zones")
    }

    func zone(_ id: String) async throws(DNSProviderError) -> DNSZone {
        let reply = try await get(try Self.path(of: id), "", needs: "route53:GetHostedZone")
        let servers = reply["DelegationSet"]?["NameServers"]?.all("NameServer").map(\.text) ?? []
        guard let element = reply["HostedZone"], let zone = Self.zone(element, servers) else {
            throw .notFound("Route 53 has no such public zone.")
        }
        return zone
    }

    /// Private zones answer nobody's mail server: nil.
    private static func zone(_ element: XMLElement, _ servers: [String] = []) -> DNSZone? {
        guard let id = element.text("Id"), let name = element.text("Name"),
            element["Config"]?.text("PrivateZone") != "true"
        else { return nil }
        return DNSZone(id: last(id), name: Route53Name.decode(name), nameServers: servers)
    }

    /// `Z1` of `/hostedzone/Z1`.
    static func last(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

    func recordSets(at names: [String], in zone: DNSZone) async throws(DNSProviderError) -> [RecordSet] {
        let path = try Self.path(of: zone.id) + "/rrset"
        var sets: [RecordSet] = []
        for name in names { sets += try await recordSets(at: RecordKey.normal(name), path) }
        return sets
    }

    /// The list begins at the name and goes on behind it: what has another name is the end.
    private func recordSets(at name: String, _ path: String) async throws(DNSProviderError) -> [RecordSet] {
        var rows: [Route53Row] = []
        var start = "name=\(HTTPURL.escaped(name + "."))"
        for _ in 1...Self.maxPages {
            let reply = try await get(path, "maxitems=100&\(start)", needs: "route53:ListResourceRecordSets")
            let page = (reply["ResourceRecordSets"]?.all("ResourceRecordSet") ?? []).map { Route53Row($0) }
            rows += page.filter { $0.key.name == name }
            guard page.allSatisfy({ $0.key.name == name }), reply.text("IsTruncated") == "true",
                let next = reply.text("NextRecordName"), let type = reply.text("NextRecordType")
            else { return Route53Row.sets(rows) }
            start = "name=\(HTTPURL.escaped(next))&type=\(HTTPURL.escaped(type))"
            if let identifier = reply.text("NextRecordIdentifier") {
                start += "&identifier=\(HTTPURL.escaped(identifier))"
            }
        }
        throw .unsupported("Route 53 lists too many records at \(name)")
    }

    // MARK: Calls

    func get(
        _ path: String, _ query: String, needs permission: String
    ) async throws(DNSProviderError) -> XMLElement {
        try await send("GET", path, query, body: nil, needs: permission)
    }

    func send(
        _ method: String, _ path: String, _ query: String, body: [UInt8]?, needs permission: String
    ) async throws(DNSProviderError) -> XMLElement {
        let url = partition.base + path + (query.isEmpty ? "" : "?\(query)")
        let response = try await calls.send(body == nil ? .reading : .change) {
            () throws(DNSProviderError) in
            let headers = try self.signed(method, url, path: path, query: query, body: body ?? [])
            return HTTPClientRequest(method, url, headers: headers, body: body)
        } fault: {
            Route53Errors.fault($0, needs: permission)
        }
        do throws(XMLElement.Malformation) { return try XMLElement(reading: response.body) } catch {
            throw .temporary("Route 53's answer cannot be read")
        }
    }

    private func signed(
        _ method: String, _ url: String, path: String, query: String, body: [UInt8]
    ) throws(DNSProviderError) -> [(name: String, value: String)] {
        let parsed: HTTPURL
        do throws(HTTPClientError) { parsed = try HTTPURL(url) } catch {
            throw .unsupported("the address of Route 53 is no URL")
        }
        let isStandard = parsed.port == (parsed.isSecure ? 443 : 80)
        let host = isStandard ? parsed.host : "\(parsed.host):\(parsed.port)"
        let timestamp = Self.timestamp(calls.clock.unixSeconds())
        var headers: [(name: String, value: String)] = [("Host", host), ("X-Amz-Date", timestamp)]
        let signer = SigV4(key: key, region: partition.signingRegion, service: "route53")
        let request = SigV4.Request(
            method: method, path: parsed.path, query: query, headers: headers, body: body)
        headers.append(("Authorization", signer.authorization(request, timestamp: timestamp)))
        if !body.isEmpty { headers.append(("Content-Type", "text/xml")) }
        return headers
    }

    /// `20260105T120000Z`.
    static func timestamp(_ unixSeconds: Int64) -> String {
        let text = Date(timeIntervalSince1970: Double(unixSeconds)).formatted(.iso8601)
        return text.replacing("-", with: "").replacing(":", with: "")
    }

    /// - Throws: `notFound` for what is no id of theirs: nothing else gets into a path.
    static func path(of zone: String) throws(DNSProviderError) -> String {
        let isID = zone.utf8.allSatisfy { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
        }
        guard (1...32).contains(zone.utf8.count), isID else {
            throw .notFound("Route 53 has no such public zone.")
        }
        return "/2013-04-01/hostedzone/\(zone)"
    }
}
