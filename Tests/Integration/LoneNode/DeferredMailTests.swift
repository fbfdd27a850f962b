import TestSupport
import Testing

/// A mail host that says "later".
@Suite struct DeferredMailTests {
    @Test func `a message that is put off is retried later and outlives kills and restarts`() async throws {
        let sink = try MailSink()
        let node = try await LoneNode(["DISPATCH_ROUTES": sink.route])
        try await node.start()
        let caller = try await node.caller()
        let sent = try await caller.must(
            "POST", "/api/v1/messages", node.message("later", to: "defer@example.net"))
        let id = try #require(sent["id"].text)

        let first = try await Self.waitForRetry(of: id, caller)
        #expect(first["recipients"][0]["response"].text?.contains("Try again later") == true)
        let due = try #require(first["recipients"][0]["nextAttemptAt"].text)

        try await node.process.kill()
        try await node.start()
        let second = try await Self.waitForRetry(of: id, try await node.caller())
        #expect(second["recipients"][0]["attempts"].integer == 1)
        #expect(second["recipients"][0]["nextAttemptAt"].text == due)

        #expect(try await node.process.stop() == .code(0))
        try await node.start()
        let third = try await Self.waitForRetry(of: id, try await node.caller())
        #expect(third["recipients"][0]["nextAttemptAt"].text == due)
        #expect(sink.deferredCount == 1)
    }

    @Test func `each recipient of a message has a fate of its own`() async throws {
        let sink = try MailSink()
        let node = try await LoneNode(["DISPATCH_ROUTES": sink.route])
        try await node.start()
        let caller = try await node.caller()
        let message = node.message(
            "three fates", to: "fine@example.net, defer@example.net, refuse@example.net")
        let id = try #require(try await caller.must("POST", "/api/v1/messages", message)["id"].text)

        let status = try await Self.waitForRetry(of: id, caller)
        var words: [String: String] = [:]
        for recipient in status["recipients"].elements {
            words[recipient["address"].text ?? ""] = recipient["status"].text
        }
        #expect(
            words == [
                "fine@example.net": "delivered", "defer@example.net": "retrying",
                "refuse@example.net": "failed",
            ])
        #expect(sink.deliveries.map(\.recipients) == [["fine@example.net"]])
    }

    /// The state of a message once one of its recipients waits for its next attempt.
    private static func waitForRetry(of id: String, _ caller: APICaller) async throws -> JSONValue {
        try await eventually("\(id) to be put off") {
            let status = try await caller.get("/api/v1/messages/\(id)").json
            let isSettled =
                !status["recipients"].elements.isEmpty
                && status["recipients"].elements.allSatisfy {
                    $0["status"].text != "queued" && $0["status"].text != "processing"
                }
            return status["status"].text == "retrying" && isSettled ? status : nil
        }
    }
}
