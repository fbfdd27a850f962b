import EventLoop
import TestSupport
import Testing

@testable import HTTPClient

/// The client against a server of the wide world. Skipped with a message where nginx is not installed.
@Suite struct NginxTests {
    @Test func `HTTP/2 is spoken where it is allowed, and only there`() async throws {
        guard Files.exists("/usr/sbin/nginx") else {
            print("skipped: /usr/sbin/nginx is not installed")
            return
        }
        let folder = try TemporaryDirectory(prefix: "dispatch-nginx")
        let certificates = try await Certificates.make()
        try Files.write(certificates.certificatePEM, to: folder.file("certificate.pem"))
        try Files.write(certificates.keyPEM, to: folder.file("key.pem"))
        let path = try folder.write(Self.configuration(folder.path), to: "nginx.conf")
        let process = try ChildProcess(["/usr/sbin/nginx", "-e", folder.file("error"), "-c", path])
        let loop = try EventLoop(name: "client")
        loop.start()
        var request = HTTPClientRequest("POST", "https://hooks.test/", body: Array("{}".utf8))
        request.unixSocket = folder.file("socket")
        request.trustedRootsPEM = certificates.authorityPEM
        let answers = try await loop.run { [request] in
            var answers: [String] = []
            for allowsHTTP2 in [false, true] {
                var settings = HTTPClientSettings()
                settings.allowsHTTP2 = allowsHTTP2
                let client = try HTTPClient(on: loop, settings)
                defer { client.close() }
                for _ in 0..<2 { answers.append(try await Self.send(request, client, loop)) }
            }
            return answers
        }
        #expect(answers == ["HTTP/1.1 false", "HTTP/1.1 true", "HTTP/2.0 false", "HTTP/2.0 true"])
        withExtendedLifetime(process) {}
    }

    /// The protocol that the server saw, and whether the connection was used again. Waits until nginx
    /// listens.
    private static func send(
        _ request: HTTPClientRequest, _ client: HTTPClient, _ loop: EventLoop
    ) async throws -> String {
        for _ in 0..<100 {
            do throws(HTTPClientError) {
                let response = try await client.send(request)
                return "\(String(decoding: response.body, as: UTF8.self)) \(response.isReused)"
            } catch {
                guard error == .connect else { return "\(error)" }
                await loop.sleep(.milliseconds(50))
            }
        }
        return "nginx did not start"
    }

    private static func configuration(_ folder: String) -> String {
        """
        daemon off;
        master_process off;
        pid \(folder)/pid;
        error_log \(folder)/error;
        events {}
        http {
            access_log off;
            client_body_temp_path \(folder)/body;
            proxy_temp_path \(folder)/proxy;
            fastcgi_temp_path \(folder)/fastcgi;
            uwsgi_temp_path \(folder)/uwsgi;
            scgi_temp_path \(folder)/scgi;
            server {
                listen unix:\(folder)/socket ssl http2;
                ssl_certificate \(folder)/certificate.pem;
                ssl_certificate_key \(folder)/key.pem;
                location / { return 200 $server_protocol; }
            }
        }
        """
    }
}
