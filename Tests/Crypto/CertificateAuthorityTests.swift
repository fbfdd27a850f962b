import COpenSSL
import Crypto
import Testing

@Suite struct CertificateAuthorityTests {
    private let now = 1_800_000_000

    @Test func `an issued certificate verifies against its authority, by name and by address`() throws {
        let authority = try CertificateAuthority(commonName: "Dispatch test authority", now: now)
        let issued = try authority.issue(
            dnsNames: ["localhost", "*.node.example"], ipAddresses: ["127.0.0.1", "::1"], now: now)
        let root = try Certificate(authority.certificatePEM)
        let leaf = try Certificate(issued.certificatePEM)
        #expect(leaf.isSigned(by: root))
        #expect(root.isSigned(by: root))
        #expect(!root.isSigned(by: leaf))
        #expect(leaf.matches(host: "localhost"))
        #expect(leaf.matches(host: "a.node.example"))
        #expect(!leaf.matches(host: "b.example"))
        #expect(leaf.matches(address: "127.0.0.1"))
        #expect(leaf.matches(address: "::1"))
        #expect(!leaf.matches(address: "127.0.0.2"))
        #expect(root.isAuthority)
        #expect(!leaf.isAuthority)
        #expect(throws: Never.self) { try P256PrivateKey(pem: issued.privateKeyPEM) }
    }

    @Test func `an authority survives being stored`() throws {
        let authority = try CertificateAuthority(commonName: "Dispatch test authority", now: now)
        let restored = try CertificateAuthority(
            certificatePEM: authority.certificatePEM, privateKeyPEM: authority.privateKeyPEM(),
            commonName: "Dispatch test authority")
        let issued = try restored.issue(dnsNames: ["node.example"], now: now)
        let root = try Certificate(authority.certificatePEM)
        #expect(try Certificate(issued.certificatePEM).isSigned(by: root))
    }

    @Test func `names that are no names are refused`() throws {
        let authority = try CertificateAuthority(commonName: "Dispatch test authority", now: now)
        for name in ["", "a,DNS:b", "a b", "a\n", "email:x", "ä.example"] {
            #expect(throws: CryptoError.self) { try authority.issue(dnsNames: [name], now: now) }
        }
        #expect(throws: CryptoError.self) { try authority.issue(dnsNames: [], now: now) }
        #expect(throws: CryptoError.self) {
            try authority.issue(dnsNames: ["a"], ipAddresses: ["1.2.3.4.5"], now: now)
        }
    }

    private final class Certificate {
        let pointer: OpaquePointer
        init(_ pem: String) throws {
            let bio = BIO_new_mem_buf(pem, Int32(pem.utf8.count))
            defer { BIO_free(bio) }
            pointer = try #require(PEM_read_bio_X509(bio, nil, nil, nil))
        }
        deinit { X509_free(pointer) }
        func matches(host: String) -> Bool { X509_check_host(pointer, host, 0, 0, nil) == 1 }
        func matches(address: String) -> Bool { X509_check_ip_asc(pointer, address, 0) == 1 }
        func isSigned(by issuer: Certificate) -> Bool {
            X509_verify(pointer, X509_get0_pubkey(issuer.pointer)) == 1
        }
        var isAuthority: Bool { X509_check_ca(pointer) == 1 }
    }
}
