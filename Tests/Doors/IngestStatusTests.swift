import Doors
import NodeProtocol
import TestSupport
import Testing

/// `GET /api/v1/messages/{id}`.
@Suite struct IngestStatusTests {
    private let node: HTTPNode
    private let id = MessageID(milliseconds: 1_800_000_000_000, node: 9, random: (1, 2))

    init() throws { node = try HTTPNode(MemoryIntake()) }

    private func get(_ id: String, key: String = "dsp_live_one") async throws -> HTTPNode.Answer {
        try await node.ask("GET", "/api/v1/messages/\(id)", key: key)
    }

    @Test(arguments: RecipientState.allCases)
    func `each state has its word in this dialect`(state: RecipientState) async throws {
        let words: [RecipientState: String] = [
            .scheduled: "queued", .queued: "queued", .sending: "processing", .deferred: "retrying",
            .delivered: "delivered", .bounced: "failed", .expired: "failed", .failed: "failed",
            .cancelled: "failed",
            .suppressed: "failed",
        ]
        try node.intake.set(
            MessageStatus(id: id, acceptedAt: 0, recipients: [.init(address: "j@x.example", state: state)]),
            tenant: MemoryIntake.one)
        let answer = try await get("spl_\(id.hexadecimal)")
        #expect(answer.status == 200)
        #expect(answer.json["status"].text == words[state])
        #expect(answer.json["id"] == .string("spl_\(id.hexadecimal)"))
        #expect(answer.headers["ratelimit-limit"] == "100")
    }

    @Test func `a delivered message tells where, when and how long`() async throws {
        var recipient = MessageStatus.Recipient(address: "j@x.example", state: .delivered, attempts: 1)
        recipient.remoteHost = "mx.x.example"
        recipient.remoteID = "q1"
        recipient.deliveredAt = 1_800_000_000_123
        recipient.durationMilliseconds = 42
        try node.intake.set(
            MessageStatus(id: id, acceptedAt: 0, recipients: [recipient]), tenant: MemoryIntake.one)
        let json = try await get(id.description).json
        #expect(json["provider"] == "mx.x.example")
        #expect(json["providerMessageId"] == "q1")
        #expect(json["deliveredAt"] == "2027-01-15T08:00:00.123Z")
        #expect(json["durationMs"] == 42)
        #expect(json["recipients"][0]["address"] == "j@x.example")
    }

    @Test func `the worst unfinished recipient names the state, else the worst finished one`() {
        func state(_ states: RecipientState...) -> RecipientState {
            MessageStatus(
                id: id, acceptedAt: 0, recipients: states.map { .init(address: "j@x.example", state: $0) }
            ).state
        }
        #expect(state(.delivered, .bounced) == .bounced)
        #expect(state(.bounced, .queued) == .queued)
        #expect(state(.sending, .deferred, .delivered) == .deferred)
        #expect(state(.delivered, .delivered) == .delivered)
        #expect(state(.failed, .bounced, .suppressed) == .bounced)
        #expect(state(.delivered, .suppressed) == .delivered)
        #expect(state(.queued, .suppressed) == .queued)
        #expect(state(.suppressed, .suppressed) == .suppressed)
    }

    @Test func `an unknown message, another tenant's and no id at all look the same`() async throws {
        try node.intake.set(
            MessageStatus(id: id, acceptedAt: 0, recipients: [.init(address: "j@x.example", state: .queued)]),
            tenant: MemoryIntake.two)
        for text in ["spl_\(id.hexadecimal)", "spl_00", "nonsense", "spl_00000000000000000000000000000000"] {
            let answer = try await get(text)
            #expect(answer.status == 404)
            #expect(
                answer.json == [
                    "id": .string(text), "status": "unknown", "error": "there is no such message",
                ])
        }
    }

    @Test func `a key without the scope is refused`() async throws {
        let answer = try await get("spl_\(id.hexadecimal)", key: "dsp_live_one_none")
        #expect(answer.status == 403)
        #expect(answer.json["code"] == "scope_missing")
    }
}
