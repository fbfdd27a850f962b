import EventLoop
import TestSupport
import Testing

@testable import HTTPClient

/// TLS with an authority of the test's own, made by the openssl program.
@Suite struct TLSTests {
    private let loop: EventLoop
    private let serverLoop: EventLoop
    private let certificates: Certificates

    init() async throws {
        loop = try EventLoop(name: "client")
        serverLoop = try EventLoop(name: "server")
        loop.start()
        serverLoop.start()
        certificates = try await Certificates.make()
    }

    private func server() async throws -> Responder {
        let context = try TLSServerContext(
            certificateChainPEM: certificates.certificatePEM, privateKeyPEM: certificates.keyPEM)
        return try Responder(on: serverLoop, tls: context) { _ in [Responder.ok("safe")] }
    }

    private func send(_ request: HTTPClientRequest) async throws -> HTTPClientResponse {
        let loopback = try #require(AddressRange("127.0.0.0/8"))
        return try await loop.run { [loop] in
            let client = try HTTPClient(
                on: loop, HTTPClientSettings(egressGuard: EgressGuard(allowing: [loopback])))
            defer { client.close() }
            return try await client.send(request)
        }
    }

    private func request(_ host: String, _ port: UInt16, trusting roots: [UInt8]?) -> HTTPClientRequest {
        var request = HTTPClientRequest("GET", "https://\(host):\(port)/")
        request.resolve = [(host, port, "127.0.0.1")]
        request.trustedRootsPEM = roots
        return request
    }

    @Test func `a certificate of a trusted authority for the right name holds`() async throws {
        let server = try await server()
        let response = try await send(request("hooks.test", server.port, trusting: certificates.authorityPEM))
        #expect(response.status == 200 && response.body == Array("safe".utf8))
        #expect(response.timings.tlsMilliseconds > 0)
    }

    @Test func `another name, another authority, and plain text instead of TLS do not hold`() async throws {
        let server = try await server()
        let plain = try Listener(.ipv4(0x7F00_0001, port: 0))
        defer { plain.close() }
        plain.accept(on: serverLoop, maxConnections: 1) { stream in
            try? await stream.write(Array("220 mail.example.test ESMTP\r\n".utf8))
            _ = try? await stream.fill(timeout: .seconds(5))
        }
        let requests = [
            request("other.test", server.port, trusting: certificates.authorityPEM),
            request("hooks.test", server.port, trusting: nil),
            request("hooks.test", server.port, trusting: Array("no certificate".utf8)),
            request("hooks.test", plain.address.port, trusting: certificates.authorityPEM),
        ]
        for request in requests {
            let error = await #expect(throws: HTTPClientError.self) { try await send(request) }
            guard case .tls(let text) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(!text.isEmpty)
        }
        #expect(server.requests.withLock { $0.isEmpty })
    }

    @Test func `a connection that was made for other roots is not used again`() async throws {
        let server = try await server()
        let loopback = try #require(AddressRange("127.0.0.0/8"))
        let good = request("hooks.test", server.port, trusting: certificates.authorityPEM)
        let bad = request("hooks.test", server.port, trusting: nil)
        try await loop.run { [loop] in
            let client = try HTTPClient(
                on: loop, HTTPClientSettings(egressGuard: EgressGuard(allowing: [loopback])))
            defer { client.close() }
            _ = try await client.send(good)
            let second = try await client.send(good)
            #expect(second.isReused)
            await #expect(throws: HTTPClientError.self) { try await client.send(bad) }
        }
    }

    @Test func `a unix socket takes the place of the host`() async throws {
        let folder = try TemporaryDirectory()
        let path = folder.file("socket")
        let server = try Responder(on: serverLoop, .unix(path)) { _ in [Responder.ok("local")] }
        var request = HTTPClientRequest("GET", "http://service/x")
        request.unixSocket = path
        let response = try await send(request)
        #expect(response.body == Array("local".utf8) && response.peerIP.isEmpty)
        #expect(server.requests.withLock { $0.first?.head.contains("Host: service\r\n") } == true)
    }
}

/// An authority and a certificate of it for `hooks.test`.
struct Certificates: Sendable {
    let authorityPEM: [UInt8]
    let certificatePEM: [UInt8]
    let keyPEM: [UInt8]

    static func make() async throws -> Certificates {
        let folder = try TemporaryDirectory()
        try folder.write("subjectAltName=DNS:hooks.test\n", to: "extensions")
        let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        try await openssl(
            ["req", "-x509", "-days", "2", "-subj", "/CN=Authority", "-keyout", "ca.key", "-out", "ca.pem"]
                + curve, folder)
        try await openssl(
            ["req", "-subj", "/CN=hooks.test", "-keyout", "key.pem", "-out", "request.pem"] + curve, folder)
        try await openssl(
            [
                "x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                "-days", "2",
                "-extfile", "extensions", "-out", "certificate.pem",
            ], folder)
        return Certificates(
            authorityPEM: try Files.read(folder.file("ca.pem")),
            certificatePEM: try Files.read(folder.file("certificate.pem")),
            keyPEM: try Files.read(folder.file("key.pem")))
    }

    private static func openssl(_ arguments: [String], _ folder: TemporaryDirectory) async throws {
        try await ChildProcess.run(["openssl"] + arguments, folder: folder.path)
    }
}
