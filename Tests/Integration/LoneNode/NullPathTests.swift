import TestSupport
import Testing

/// No bounce can answer a bounce.
@Suite struct NullPathTests {
    @Test func `a message with the null path leaves with it, and so gets no return path`() async throws {
        let sink = try MailSink()
        let folder = try TemporaryDirectory()
        let certificate = try TestCertificate(in: folder)
        let node = try await LoneNode(["DISPATCH_ROUTES": sink.route].merging(certificate.settings) { $1 })
        let smtp = try await node.start().address(of: "smtp")
        let fixture = node.fixture
        try await TestLoops.run {
            let client = try await SMTPClient.greeted(by: smtp)
            try await client.startTLS(certificate.clientContext(), serverName: "node.test")
            #expect(
                try await client.authenticate(username: fixture.username, password: fixture.password)?.code
                    == 235)
            let message =
                "From: app@\(fixture.domain)\r\nTo: b@example.net\r\nSubject: null\r\n\r\nHello.\r\n"
            #expect(try await client.send(message, from: "", to: ["b@example.net"])?.code == 250)
        }
        #expect(try await sink.wait(forSubject: "null").sender.isEmpty)
    }
}
