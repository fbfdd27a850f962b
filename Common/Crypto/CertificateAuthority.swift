import COpenSSL

/// A small certificate authority: for the development environment, for tests, and for the nodes' control
/// listeners. Keys are ECDSA P-256; every certificate is X.509 v3 (RFC 5280).
///
/// It keeps no list of what it issued and cannot revoke: issue for short times.
package final class CertificateAuthority: Sendable {
    /// The authority's own certificate, self-signed, for the trust store of clients.
    package let certificatePEM: String
    private let key: P256PrivateKey

    /// A certificate with its chain, and its private key (PKCS #8).
    package struct Issued: Sendable {
        package let certificatePEM: String
        package let privateKeyPEM: String
    }

    /// Makes a new authority.
    /// - Parameters:
    ///   - now: seconds since 1970; the certificate is valid from an hour before.
    ///   - validForDays: at most 36,500.
    package init(commonName: String, now: Int, validForDays: Int = 3650) throws(CryptoError) {
        let key = try P256PrivateKey.generate()
        let certificate = try CertificateBuilder(
            subject: commonName, issuer: nil, subjectKey: key, now: now, validForDays: validForDays)
        try certificate.add(NID_basic_constraints, "critical,CA:TRUE,pathlen:0")
        try certificate.add(NID_key_usage, "critical,keyCertSign,cRLSign")
        try certificate.add(NID_subject_key_identifier, "hash")
        certificatePEM = try certificate.signed(by: key)
        self.key = key
    }

    /// Restores an authority from what `certificatePEM` and `privateKeyPEM()` gave.
    /// - Throws: `malformedKey` when the key is not the certificate's.
    package init(certificatePEM: String, privateKeyPEM: String) throws(CryptoError) {
        key = try P256PrivateKey(pem: privateKeyPEM)
        self.certificatePEM = certificatePEM
        guard try Certificate(pem: certificatePEM).belongs(to: key) else {
            throw .malformedKey("not the key of the certificate")
        }
    }

    /// The authority's private key: PKCS #8, PEM.
    package func privateKeyPEM() throws(CryptoError) -> String { try key.pemEncoded() }

    /// Issues a certificate for a server (and client) with a new key.
    /// - Parameters:
    ///   - dnsNames: letters, digits, `-`, `_`, `.`, and `*` as the first label. At most 100 names and
    ///     addresses.
    ///   - ipAddresses: IPv4 or IPv6 in text form.
    package func issue(
        dnsNames: [String], ipAddresses: [String] = [], now: Int, validForDays: Int = 90
    ) throws(CryptoError) -> Issued {
        let names = try Self.alternativeNames(dnsNames: dnsNames, ipAddresses: ipAddresses)
        guard let commonName = dnsNames.first ?? ipAddresses.first, (1...100).contains(names.count)
        else { throw .malformedInput("1 to 100 names") }
        let key = try P256PrivateKey.generate()
        let certificate = try CertificateBuilder(
            subject: commonName, issuer: Certificate(pem: certificatePEM), subjectKey: key, now: now,
            validForDays: validForDays)
        try certificate.add(NID_basic_constraints, "critical,CA:FALSE")
        try certificate.add(NID_key_usage, "critical,digitalSignature")
        try certificate.add(NID_ext_key_usage, "serverAuth,clientAuth")
        try certificate.add(NID_subject_key_identifier, "hash")
        try certificate.add(NID_authority_key_identifier, "keyid:always")
        try certificate.add(NID_subject_alt_name, names.joined(separator: ","))
        return Issued(
            certificatePEM: try certificate.signed(by: self.key), privateKeyPEM: try key.pemEncoded())
    }

    /// OpenSSL reads extensions from a little language with commas and colons; only plain characters get
    /// there.
    private static func alternativeNames(
        dnsNames: [String], ipAddresses: [String]
    ) throws(CryptoError) -> [String] {
        for name in dnsNames {
            guard name.utf8.count <= 253, !name.isEmpty, name.utf8.allSatisfy(isNameCharacter) else {
                throw .malformedInput("not a DNS name")
            }
        }
        for address in ipAddresses {
            guard address.utf8.count <= 45, !address.isEmpty, address.utf8.allSatisfy(isAddressCharacter)
            else {
                throw .malformedInput("not an IP address")
            }
        }
        return dnsNames.map { "DNS:" + $0 } + ipAddresses.map { "IP:" + $0 }
    }

    private static func isNameCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "*"): true
        default: false
        }
    }

    private static func isAddressCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "."), UInt8(ascii: ":"):
            true
        default: false
        }
    }
}
