import Crypto
import EventLoop
import Glibc
import TestSupport

/// A certificate of a test authority for `node.test`, as files for a node's settings.
struct TestCertificate: Sendable {
    let rootPEM: [UInt8]
    let certificateFile: String
    let keyFile: String

    init(in folder: TemporaryDirectory) throws {
        let now = time(nil)
        let authority = try CertificateAuthority(commonName: "Test", now: now)
        let issued = try authority.issue(dnsNames: ["node.test"], ipAddresses: ["127.0.0.1"], now: now)
        rootPEM = Array(authority.certificatePEM.utf8)
        certificateFile = try folder.write(issued.certificatePEM, to: "certificate.pem")
        keyFile = try folder.write(issued.privateKeyPEM, to: "key.pem")
    }

    /// The settings that make a node use it.
    var settings: [String: String] {
        [
            "DISPATCH_TLS_CERTIFICATE": certificateFile, "DISPATCH_TLS_KEY": keyFile,
            "DISPATCH_SMTPS": "127.0.0.1:0",
        ]
    }

    func clientContext() throws -> TLSClientContext { try TLSClientContext(verify: .roots(pem: rootPEM)) }
}
