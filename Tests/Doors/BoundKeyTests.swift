import Doors
import NodeProtocol
import TestSupport
import Testing

/// A key that is bound to a domain, at the node that holds a message.
@Suite struct BoundKeyTests {
    private let node: HTTPNode
    private let id = MessageID(milliseconds: 1_799_999_999_000, node: 9, random: (1, 2))
    private let key = "dsp_live_one_bound"

    init() throws { node = try HTTPNode(MemoryIntake()) }

    private func hold(from: String) throws {
        try node.intake.set(
            MessageStatus(
                id: id, from: from, acceptedAt: 1_799_999_999_000,
                recipients: [.init(address: "j@x.example", state: .scheduled)]), tenant: MemoryIntake.one)
    }

    private var requests: [(method: String, path: String, json: String)] {
        [
            ("GET", "/api/v1/messages/\(id)", ""),
            ("PATCH", "/api/v1/emails/\(id)", #"{"scheduled_at":"2027-02-01T00:00:00Z"}"#),
            ("DELETE", "/v1/messages/\(id)/schedule", ""), ("POST", "/api/v1/emails/\(id)/cancel", ""),
        ]
    }

    @Test func `reads, moves and withdraws what its domain sent`() async throws {
        for request in requests {
            try hold(from: "Shop <a@sub.mail.one.example>")
            let answer = try await node.ask(request.method, request.path, key: key, json: request.json)
            #expect(answer.status == 200, "\(request.method) \(request.path): \(answer.body)")
        }
    }

    @Test(arguments: ["a@one.example", "a@notmail.one.example", "mail.one.example <a@one.example>", ""])
    func `knows nothing of what another domain sent`(from: String) async throws {
        try hold(from: from)
        for request in requests {
            let answer = try await node.ask(request.method, request.path, key: key, json: request.json)
            #expect(answer.status == 404, "\(request.method) \(request.path)")
        }
        let status = try await node.ask("GET", "/api/v1/messages/\(id)")
        #expect(status.json["status"] == "queued")
    }
}
