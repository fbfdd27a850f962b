import EventLoop
import TestSupport

/// An authority and a certificate of it for `sink.test` and 127.0.0.1.
struct Certificates: Sendable {
    let authorityPEM: [UInt8]
    let certificatePEM: [UInt8]
    let keyPEM: [UInt8]

    static func make() async throws -> Certificates {
        let folder = try TemporaryDirectory()
        try folder.write("subjectAltName=DNS:sink.test,IP:127.0.0.1\n", to: "extensions")
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
                "-days",
                "2", "-extfile", "extensions", "-out", "certificate.pem",
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
