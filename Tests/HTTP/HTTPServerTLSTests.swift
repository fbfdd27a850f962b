import EventLoop
import TestSupport
import Testing

@testable import HTTP

@Suite struct HTTPServerTLSTests {
    /// A self-signed certificate of that name and its key.
    private func certificate(_ name: String) async throws -> HTTPServerConfiguration.TLS {
        let folder = try TemporaryDirectory()
        let (certificate, key) = (folder.file("certificate.pem"), folder.file("key.pem"))
        try await ChildProcess.run([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-days", "2",
            "-subj", "/CN=\(name)", "-keyout", key, "-out", certificate,
        ])
        return .init(certificateChainPEM: try Files.read(certificate), privateKeyPEM: try Files.read(key))
    }

    /// The answer to one request over TLS, and the digest of the certificate that the server showed.
    private func ask(_ server: TestServer) async throws -> (text: String, certificate: [UInt8]?) {
        let address = server.server.address
        return try await server.loop.run {
            let stream = try await ByteStream.connect(to: address, timeout: .seconds(10))
            let context = try TLSClientContext(verify: .none)
            try await stream.startTLS(client: context, serverName: nil, timeout: .seconds(10))
            try await stream.write(Array("GET / HTTP/1.0\r\n\r\n".utf8))
            while (try? await stream.fill(timeout: .seconds(10))) == true {}
            defer { stream.close() }
            let digest = stream.tls?.peerCertificateSHA256.map { Array($0) }
            return (String(decoding: stream.input.takeAll(), as: UTF8.self), digest)
        }
    }

    @Test func `requests over TLS are known to be so, and the certificate can be replaced`() async throws {
        var router = Router()
        router.on(.get, "/", RouteInfo(summary: "")) { .text("tls \($0.isTLS)") }
        let first = try await certificate("one.example")
        let server = try TestServer(router) { $0.tls = first }
        let before = try await ask(server)
        #expect(before.text.hasSuffix("tls true"))
        #expect(throws: TLSError.self) {
            try server.server.replaceCertificate(.init(certificateChainPEM: [1], privateKeyPEM: [2]))
        }
        try server.server.replaceCertificate(try await certificate("two.example"))
        let after = try await ask(server)
        #expect(after.text.hasSuffix("tls true"))
        #expect(before.certificate != after.certificate)
    }

    @Test func `plain bytes on a TLS port end only their own connection`() async throws {
        var router = Router()
        router.on(.get, "/", RouteInfo(summary: "")) { _ in .text("fine") }
        let tls = try await certificate("one.example")
        let server = try TestServer(router) {
            $0.tls = tls
            $0.handshakeTimeout = .milliseconds(200)
        }
        #expect(try await !server.exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n").contains("fine"))
        #expect(try await ask(server).text.hasSuffix("fine"))
    }
}
