import Crypto
import FoundationEssentials
import NodeProtocol
import TestSupport
import Testing

/// A bounce of a message that still waits: an attempt was taken after all, though its answer was lost.
@Suite struct WaitingBounceTests {
    @Test func `who waits is given up when his bounce comes back, and a restart knows it`() async throws {
        let sink = try MailSink()
        let node = try await LoneNode(["DISPATCH_ROUTES": sink.route])
        try await node.start()
        let caller = try await node.caller()
        let sent = try await caller.must(
            "POST", "/api/v1/messages", node.message("lost answer", to: "defer@example.net"))
        let id = try #require(sent["id"].text)
        try await eventually("the first attempt to be over") {
            try await caller.get("/api/v1/messages/\(id)").json["status"].text == "retrying" ? true : nil
        }

        let message = try #require(MessageID(text: id))
        let path = try Self.returnPath(of: message, to: "defer@example.net", node)
        let delivery = MailSink.Delivery(
            sender: path, recipients: [], message: Array("X-Dispatch-ID: \(message)\r\n\r\n".utf8),
            hello: "", client: "")
        let reporter = Reporter(address: try node.process.address(of: "inbound"))
        let report = Reporter.bounce(of: delivery, recipient: "defer@example.net")
        #expect(try await reporter.send(report, to: path).code == 250)
        #expect(try await reporter.send(report, to: path).code == 250)
        let status = try await caller.must("GET", "/api/v1/messages/\(id)")
        #expect(status["status"].text == "failed")
        #expect(status["recipients"][0]["response"].text?.contains("no such user") == true)

        try await node.process.kill()
        try await node.start()
        #expect(try node.process.logLines("spool recovered").last?["open"].integer == 0)
        #expect(sink.deferredCount == 1)
    }

    /// The envelope sender that the node gave the message, made with the node's own key.
    private static func returnPath(
        of message: MessageID, to recipient: String, _ node: LoneNode
    ) throws -> String {
        struct Identity: Decodable { let clusterKeys: [Data] }
        let identity = try JSONDecoder().decode(
            Identity.self, from: Data(Files.read(node.directory.file("node/identity.json"))))
        let tenant = try #require(TenantID(text: node.fixture.tenant))
        return try ReturnPath(clusterKeys: identity.clusterKeys.map { Array($0) }).address(
            message: message, domain: node.fixture.domain, tenant: tenant, recipients: [recipient])
    }
}
