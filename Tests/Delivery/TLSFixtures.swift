import DNS
import EventLoop
import HTTP
import HTTPClient
import TestSupport
import Testing

@testable import DNS
@testable import Delivery

/// A wall clock that a test sets, in seconds.
final class TestClock: Sendable {
    /// A Saturday afternoon.
    static let start: Int64 = 1_795_270_000
    private let seconds = Locked(start)

    var now: @Sendable () -> Int64 { { [seconds] in seconds.withLock { $0 } } }

    func advance(_ count: Int64) { seconds.withLock { $0 += count } }
}

/// A DNS whose contents a test changes while it is asked.
final class ChangingLookup: TLSPolicyLookup, MailHostLookup, Sendable {
    private struct Contents {
        var texts: [String: [String]] = [:]
        var addresses: [String: String] = [:]
        var mail: [String: [String]] = [:]
        var isDown = false
    }

    private let contents = Locked(Contents())

    func set(text: String?, of name: String) {
        contents.withLock { $0.texts[name] = text.map { [$0] } }
    }
    func set(address: String, of name: String) { contents.withLock { $0.addresses[name] = address } }
    func set(mail hosts: [String], of domain: String) { contents.withLock { $0.mail[domain] = hosts } }
    func set(isDown: Bool) { contents.withLock { $0.isDown = isDown } }

    func mx(_ domain: DomainName) async throws(DNSError) -> MXAnswer {
        let hosts = contents.withLock { $0.mail[domain.description] }
        guard let hosts else { throw .nxdomain }
        return MXAnswer(
            hosts: hosts.compactMap { DomainName($0) }.map { MailHost(preference: 0, name: $0) },
            isNull: false,
            isImplicit: false, isAuthenticData: false, ttlSeconds: 60)
    }

    func addresses(_ host: DomainName) async throws(DNSError) -> HostAddresses {
        let address = contents.withLock { $0.addresses[host.description] }
        guard let address = address.flatMap({ SocketAddress(ip: $0, port: 0) }) else { throw .nxdomain }
        return HostAddresses(
            ipv4: [address], ipv6: [], canonicalName: host, isAuthenticData: false, ttlSeconds: 60)
    }

    func resolve(_ name: DomainName, _ type: RecordType) async throws(DNSError) -> Answer {
        let (texts, isDown) = contents.withLock { ($0.texts[name.description], $0.isDown) }
        if isDown { throw .timedOut }
        guard let texts, type == .txt else { throw .nxdomain }
        return Answer(
            question: Question(name, type), canonicalName: name,
            records: texts.map {
                ResourceRecord(
                    name: name, type: type, recordClass: 1, ttlSeconds: 60, data: .txt(Array($0.utf8)))
            }, isAuthenticData: false, ttlSeconds: 60)
    }
}

/// A real HTTPS server with the policy file of `sts.test`, which a test replaces.
final class PolicyServer: Sendable {
    struct Reply: Sendable {
        var status = 200
        var type = "text/plain; charset=utf-8"
        var text: String
        var location: String?
    }

    private let server: HTTPServer
    private let state: Locked<(reply: Reply, requests: Int)>

    init(_ certificates: Certificates, _ text: String) throws {
        let state = Locked((reply: Reply(text: text), requests: 0))
        self.state = state
        var router = Router()
        router.on(
            .get, "/.well-known/mta-sts.txt", RouteInfo(summary: "The policy", authentication: .none)
        ) { _ in
            let reply = state.withLock { state in
                state.requests += 1
                return state.reply
            }
            var response = HTTPResponse.bytes(Array(reply.text.utf8), contentType: reply.type)
            response.status = HTTPStatus(reply.status)
            if let location = reply.location { response.headers["Location"] = location }
            return response
        }
        let tls = HTTPServerConfiguration.TLS(
            certificateChainPEM: certificates.certificatePEM, privateKeyPEM: certificates.keyPEM)
        server = try HTTPServer(
            HTTPServerConfiguration(address: .ipv4(0x7F00_0001, port: 0), tls: tls), router: router)
        try server.start(on: [TestLoops.sink])
    }

    var port: UInt16 { server.address.port }
    var requests: Int { state.withLock { $0.requests } }
    func set(_ reply: Reply) { state.withLock { $0.reply = reply } }
    func set(_ text: String) { set(Reply(text: text)) }

    static func policy(_ mode: String, mx: String = "mx.sts.test", maxAge: Int = 604_800) -> String {
        "version: STSv1\nmode: \(mode)\nmx: \(mx)\nmax_age: \(maxAge)\n"
    }
}

/// What MTA-STS of a loop consists of, for the domain `sts.test`.
struct STSBench: Sendable {
    let lookup = ChangingLookup()
    let clock = TestClock()
    let certificates: Certificates
    let server: PolicyServer
    var cache = MTASTSCache()
    var egressGuard: EgressGuard

    static let names = "DNS:mta-sts.sts.test,DNS:mx.sts.test"
    private static let shared = Task { try await Certificates.make(for: names) }

    /// - Parameter own: of the policy's host; one for its name unless given.
    init(_ text: String, _ own: Certificates? = nil) async throws {
        let shared = try await Self.shared.value
        certificates = own ?? shared
        server = try PolicyServer(certificates, text)
        egressGuard = EgressGuard(allowing: [try #require(AddressRange("127.0.0.0/8"))], blockedPorts: [])
        lookup.set(text: "v=STSv1; id=1;", of: "_mta-sts.sts.test")
        lookup.set(address: "127.0.0.1", of: "mta-sts.sts.test")
    }

    /// On the loop of the client only.
    func policies() throws -> MTASTSPolicies {
        var settings = HTTPClientSettings(egressGuard: egressGuard)
        settings.trustedRootsPEM = certificates.authorityPEM
        let client = try HTTPClient(on: TestLoops.client, settings)
        return MTASTSPolicies(
            on: TestLoops.client, lookup: lookup,
            fetch: MTASTSFetch(client: client, lookup: lookup, port: server.port), cache: cache,
            now: clock.now)
    }

    /// Runs steps that share one loop's memory.
    func run<Result: Sendable>(
        _ body: @escaping @Sendable (MTASTSPolicies) async throws -> Result
    ) async throws -> Result {
        try await TestLoops.client.run { [self] in try await body(try policies()) }
    }

    func find() async throws -> MTASTSPolicies.Finding {
        try await run { await $0.find("sts.test") }
    }
}
