import Crypto
import TestSupport
import Testing

/// What the authority issues, in the eyes of the `openssl` command.
@Suite struct CertificateAuthorityTests {
    private let now = 1_800_000_000

    /// Whether `openssl verify` accepts the certificate for this name or address.
    private func isValid(
        _ certificatePEM: String, root: String, _ option: String, _ name: String, at seconds: Int? = nil
    ) async throws -> Bool {
        let folder = try TemporaryDirectory()
        let arguments = [
            "openssl", "verify", "-x509_strict", "-CAfile", try folder.write(root, to: "root.pem"), "-attime",
            "\(seconds ?? now)", option, name, try folder.write(certificatePEM, to: "leaf.pem"),
        ]
        return (try? await ChildProcess.run(arguments)) != nil
    }

    private func isOpenSSLMissing() async -> Bool {
        if (try? await ChildProcess.run(["openssl", "version"])) != nil { return false }
        print("skipped: there is no openssl command")
        return true
    }

    @Test func `an issued certificate verifies against its authority, by name and by address`() async throws {
        if await isOpenSSLMissing() { return }
        let authority = try CertificateAuthority(commonName: "Dispatch test authority", now: now)
        let root = authority.certificatePEM
        let leaf = try authority.issue(
            dnsNames: ["localhost", "*.node.example"], ipAddresses: ["127.0.0.1", "::1"], now: now
        ).certificatePEM
        #expect(try await isValid(leaf, root: root, "-verify_hostname", "localhost"))
        #expect(try await isValid(leaf, root: root, "-verify_hostname", "a.node.example"))
        #expect(try await !isValid(leaf, root: root, "-verify_hostname", "b.example"))
        #expect(try await isValid(leaf, root: root, "-verify_ip", "127.0.0.1"))
        #expect(try await isValid(leaf, root: root, "-verify_ip", "::1"))
        #expect(try await !isValid(leaf, root: root, "-verify_ip", "127.0.0.2"))
        #expect(try await isValid(leaf, root: root, "-purpose", "sslserver"))
        let afterwards = now + 91 * 86_400
        #expect(try await !isValid(leaf, root: root, "-verify_hostname", "localhost", at: afterwards))
        let other = try CertificateAuthority(commonName: "Dispatch test authority", now: now).certificatePEM
        #expect(try await !isValid(leaf, root: other, "-verify_hostname", "localhost"))
    }

    @Test func `an authority survives being stored`() async throws {
        if await isOpenSSLMissing() { return }
        let authority = try CertificateAuthority(commonName: "Dispatch test authority", now: now)
        let restored = try CertificateAuthority(
            certificatePEM: authority.certificatePEM, privateKeyPEM: authority.privateKeyPEM())
        let issued = try restored.issue(dnsNames: ["node.example"], now: now)
        let root = authority.certificatePEM
        #expect(try await isValid(issued.certificatePEM, root: root, "-verify_hostname", "node.example"))
        #expect(throws: Never.self) { try P256PrivateKey(pem: issued.privateKeyPEM) }
        #expect(throws: CryptoError.self) {
            try CertificateAuthority(certificatePEM: root, privateKeyPEM: issued.privateKeyPEM)
        }
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
}
