import Crypto
import DNS
import DNSFakes
import EventLoop
import FoundationEssentials
import HTTPClient
import TestSupport
import Testing

/// The fakes of one test with a client of each service, and a resolver that asks their name server.
final class Caller: Sendable {
    /// An answer as a test reads it.
    struct Answer: Sendable {
        let status: Int
        let headers: [(name: String, value: String)]
        let body: [UInt8]

        var json: JSONValue { JSONValue(reading: body) }
        var text: String { String(decoding: body, as: UTF8.self) }
        /// Cloudflare's code of an error.
        var code: Int? { json["errors"][0]["code"].integer }
        /// Google's reason of an error.
        var reason: String? { json["error"]["errors"][0]["reason"].text }

        func header(_ name: String) -> String? {
            headers.first { $0.name.lowercased() == name }?.value
        }
    }

    let fakes: DNSFakes
    private let loop: EventLoop

    init(_ fakes: DNSFakes) throws {
        self.fakes = fakes
        loop = try EventLoop(name: "caller")
        loop.start()
    }

    deinit { loop.stop() }

    func send(
        _ method: String, _ url: String, _ headers: [(name: String, value: String)] = [], body: String? = nil
    ) async throws -> Answer {
        let range = try #require(AddressRange("127.0.0.0/8"))
        return try await loop.run { [loop] in
            let client = try HTTPClient(
                on: loop, HTTPClientSettings(egressGuard: EgressGuard(allowing: [range])))
            defer { client.close() }
            var request = HTTPClientRequest(method, url, headers: headers, body: body.map { Array($0.utf8) })
            request.maxResponseBytes = 1 << 20
            let response = try await client.send(request)
            return Answer(status: response.status, headers: response.headers, body: response.body)
        }
    }

    // MARK: Cloudflare

    func cloudflare(
        _ method: String, _ path: String, _ body: JSONValue? = nil, token: String
    ) async throws -> Answer {
        let text = try body.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }
        return try await send(
            method, fakes.addresses.cloudflare + path, [("Authorization", "Bearer \(token)")], body: text)
    }

    // MARK: Route 53

    /// A call signed as AWS clients sign; `change` spoils what is sent after it was signed.
    func route53(
        _ method: String, _ path: String, body: String = "", keys: JSONValue, at now: Date = Date(),
        headers extra: [(name: String, value: String)] = [], sending sent: String? = nil
    ) async throws -> Answer {
        let url = fakes.addresses.route53 + "/2013-04-01" + path
        let host = String(fakes.addresses.route53.dropFirst("http://".count))
        let date = Self.date(now)
        let scope = "\(date.prefix(8))/us-east-1/route53/aws4_request"
        let parts = "/2013-04-01\(path)".split(separator: "?", maxSplits: 1).map(String.init)
        let query = parts.count > 1 ? parts[1].split(separator: "&").sorted().joined(separator: "&") : ""
        let canonical =
            "\(method)\n\(parts[0])\n\(query)\nhost:\(host)\nx-amz-date:\(date)\n\nhost;x-amz-date\n"
            + Hex.encode(Digest.sha256(body))
        var key = Array("AWS4\(keys["secret_access_key"].text ?? "")".utf8)
        for part in scope.split(separator: "/") { key = HMAC.sha256(key: key, message: Array(part.utf8)) }
        let text = "AWS4-HMAC-SHA256\n\(date)\n\(scope)\n\(Hex.encode(Digest.sha256(canonical)))"
        let signature = Hex.encode(HMAC.sha256(key: key, message: text))
        let authorization =
            "AWS4-HMAC-SHA256 Credential=\(keys["access_key_id"].text ?? "")/\(scope), "
            + "SignedHeaders=host;x-amz-date, Signature=\(signature)"
        return try await send(
            method, url, [("X-Amz-Date", date), ("Authorization", authorization)] + extra,
            body: method == "GET" ? nil : sent ?? body)
    }

    /// A batch of changes: action, name, type, lifetime, values.
    func change(
        _ zone: String, _ changes: [(String, String, String, Int, [String])], keys: JSONValue
    ) async throws -> Answer {
        var text = ""
        for (action, name, type, ttl, values) in changes {
            let records = values.map { value in
                "<ResourceRecord><Value>\(value.replacing("\"", with: "&quot;"))</Value></ResourceRecord>"
            }
            text +=
                "<Change><Action>\(action)</Action><ResourceRecordSet><Name>\(name)</Name>"
                + "<Type>\(type)</Type><TTL>\(ttl)</TTL><ResourceRecords>\(records.joined())"
                + "</ResourceRecords></ResourceRecordSet></Change>"
        }
        return try await route53(
            "POST", "/hostedzone/\(zone)/rrset", body: Self.request(text), keys: keys)
    }

    static func request(_ changes: String) -> String {
        "<ChangeResourceRecordSetsRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\">"
            + "<ChangeBatch><Changes>\(changes)</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>"
    }

    private static func date(_ now: Date) -> String {
        now.formatted(.iso8601).replacing("-", with: "").replacing(":", with: "")
    }

    // MARK: Cloud DNS

    /// The claims of an assertion that is right; a test spoils one.
    struct Claims: Encodable {
        var iss: String
        var scope = "https://www.googleapis.com/auth/ndev.clouddns.readwrite"
        var aud = "https://oauth2.googleapis.com/token"
        var iat = Int(Date().timeIntervalSince1970)
        var exp = Int(Date().timeIntervalSince1970) + 3_600
    }

    func token(
        _ account: JSONValue, signedBy other: JSONValue? = nil, _ change: (inout Claims) -> Void = { _ in }
    ) async throws -> Answer {
        var claims = Claims(iss: account["client_email"].text ?? "")
        change(&claims)
        let pem = (other ?? account)["private_key"].text ?? ""
        let signer = try JWTSigner(JWTKey(pem: pem, keyID: account["private_key_id"].text))
        let assertion = try signer.sign(claims)
        return try await send(
            "POST", fakes.addresses.clouddns + "/token",
            [("Content-Type", "application/x-www-form-urlencoded")],
            body: "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=\(assertion)")
    }

    func cloudDNS(
        _ method: String, _ path: String, _ body: JSONValue? = nil, token: String
    ) async throws -> Answer {
        let text = try body.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }
        return try await send(
            method, fakes.addresses.clouddns + "/dns/v1/projects/fake-project/managedZones" + path,
            [("Authorization", "Bearer \(token)")], body: text)
    }

    // MARK: What is served

    /// The texts that the name server has at a name, or none.
    func texts(_ name: String) async throws -> [String] {
        try await ask(name) { resolver, name in try await resolver.txt(name) } ?? []
    }

    func mailHosts(_ name: String) async throws -> MXAnswer? {
        try await ask(name) { resolver, name in try await resolver.mx(name) }
    }

    private func ask<Value: Sendable>(
        _ name: String, _ question: @escaping @Sendable (Resolver, DomainName) async throws -> Value
    ) async throws -> Value? {
        let name = try #require(DomainName(name))
        let server = SocketAddress.ipv4(0x7F00_0001, port: fakes.zones.port)
        let settings = try #require(ResolverSettings(servers: [server]))
        return try await loop.run { [loop] in
            do { return try await question(Resolver(on: loop, settings), name) } catch DNSError.nxdomain {
                return nil
            } catch DNSError.noData {
                return nil
            }
        }
    }
}
