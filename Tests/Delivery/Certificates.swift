import EventLoop
import TestSupport

/// An authority, and a certificate of it.
struct Certificates: Sendable {
    let authorityPEM: [UInt8]
    let certificatePEM: [UInt8]
    let keyPEM: [UInt8]
    /// SHA-256 in hexadecimal of the authority's certificate and of the certificate's public key, as TLSA
    /// records have them.
    let authorityDigest: String
    let publicKeyDigest: String

    /// The certificate with its authority behind it.
    var chainPEM: [UInt8] { certificatePEM + authorityPEM }

    /// - Parameters:
    ///   - names: what the certificate is for.
    ///   - isExpired: whether its time is over.
    static func make(
        for names: String = "DNS:sink.test,IP:127.0.0.1", isExpired: Bool = false
    ) async throws -> Certificates {
        let folder = try TemporaryDirectory()
        try folder.write("subjectAltName=\(names)\n", to: "extensions")
        let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        try await openssl(
            ["req", "-x509", "-days", "2", "-subj", "/CN=Authority", "-keyout", "ca.key", "-out", "ca.pem"]
                + curve,
            folder)
        try await openssl(
            ["req", "-subj", "/CN=sink.test", "-keyout", "key.pem", "-out", "request.pem"] + curve, folder)
        try await openssl(
            [
                "x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                "-days", isExpired ? "-1" : "2", "-extfile", "extensions", "-out", "certificate.pem",
            ], folder)
        try await openssl(["x509", "-in", "ca.pem", "-outform", "DER", "-out", "ca.der"], folder)
        try await openssl(
            ["pkey", "-in", "key.pem", "-pubout", "-outform", "DER", "-out", "key.der"], folder)
        return Certificates(
            authorityPEM: try Files.read(folder.file("ca.pem")),
            certificatePEM: try Files.read(folder.file("certificate.pem")),
            keyPEM: try Files.read(folder.file("key.pem")),
            authorityDigest: try await digest("ca.der", folder),
            publicKeyDigest: try await digest("key.der", folder))
    }

    private static func digest(_ file: String, _ folder: TemporaryDirectory) async throws -> String {
        let line = try await openssl(["dgst", "-sha256", "-r", file], folder)
        return String(line.prefix { $0 != " " })
    }

    @discardableResult
    private static func openssl(_ arguments: [String], _ folder: TemporaryDirectory) async throws -> String {
        try await ChildProcess.run(["openssl"] + arguments, folder: folder.path)
    }
}
