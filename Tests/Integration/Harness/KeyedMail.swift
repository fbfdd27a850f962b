import EventLoop
import TestSupport

/// A message with an idempotency key, sent by SMTP to any node.
struct KeyedMail: Sendable {
    let key: String
    let sender: String
    let subject: String
    let username: String
    let password: String

    /// Gives code and text of the reply to the message.
    func send(to node: NodeProcess) async throws -> String {
        let address = try node.address(of: "smtps")
        let text =
            "X-Dispatch-Idempotency-Key: \(key)\r\nFrom: \(sender)\r\nTo: a@example.net\r\n"
            + "Subject: \(subject)\r\n\r\nHello.\r\n"
        return try await TestLoops.run {
            let client = try await SMTPClient(connectingTo: address)
            try await client.stream.startTLS(
                client: TLSClientContext(verify: .none), serverName: "node.test", timeout: .seconds(10))
            try await client.demand(220)
            try await client.say("EHLO client.test", demand: 250)
            _ = try await client.authenticate(username: username, password: password)
            let reply = try await client.send(text, from: sender, to: ["a@example.net"])
            client.close()
            guard let reply else { throw TestSupportError("no reply") }
            return "\(reply.code) \(reply.text)"
        }
    }
}
