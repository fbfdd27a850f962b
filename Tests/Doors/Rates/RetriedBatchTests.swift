import Admission
import TestSupport
import Testing

@testable import Doors

/// A batch that a crash cut short, when it is sent again with its key.
@Suite struct RetriedBatchTests {
    private static let time: Int64 = 1_800_000_000_000

    private let intake: MemoryIntake

    init() throws { intake = try MemoryIntake(limits: .init(messagesPerMinute: 12)) }

    /// A node that starts with these records of keys.
    private func node(_ records: [[UInt8]]) throws -> HTTPNode {
        let keys = IdempotencyKeys(now: { Self.time })
        for record in records { keys.restore(record, at: Self.time) }
        return try HTTPNode(intake, idempotency: keys)
    }

    @Test(arguments: RatedDoor.batches)
    func `a retry takes from the rate for the rest alone`(door: RatedDoor) async throws {
        let first = try await door.ask(try node([]), door.body(5), idempotencyKey: "k")
        #expect(first.headers["ratelimit-remaining"] == "7", "\(first.body)")
        let records = intake.keyRecords
        try #require(records.count == 5)
        let second = try await door.ask(
            try node(Array(records.prefix(3))), door.body(5), idempotencyKey: "k")
        #expect(second.status == 200, "\(second.body)")
        #expect(second.headers["ratelimit-remaining"] == "5")
        #expect(intake.kept.count == 7)
    }

    @Test(arguments: RatedDoor.batches)
    func `a retry tells of what is sent already though the rate is used up`(door: RatedDoor) async throws {
        _ = try await door.ask(try node([]), door.body(11), idempotencyKey: "k")
        let records = intake.keyRecords
        try #require(records.count == 11)
        let second = try await door.ask(
            try node(Array(records.prefix(10))), door.body(11), idempotencyKey: "k")
        #expect(second.status == 200, "\(second.body)")
        #expect(second.headers["ratelimit-remaining"] == "0")
        if case .each(let codes, _) = door.batch {
            #expect(codes(second) == Array(repeating: nil, count: 11), "\(second.body)")
        }
        #expect(intake.kept.count == 12)
    }

    @Test(arguments: RatedDoor.batches)
    func `a batch that goes as a whole or not may be sent again with its key when there was no room`(
        door: RatedDoor
    ) async throws {
        guard case .whole = door.batch else { return }
        let node = try node([])
        for _ in 0..<2 {
            let answer = try await door.ask(node, door.body(13), idempotencyKey: "k")
            #expect(answer.status == 429, "\(answer.body)")
            #expect(answer.headers["idempotent-replay"] == nil)
        }
        #expect(intake.kept.isEmpty && intake.keyRecords.isEmpty)
    }

    @Test(arguments: RatedDoor.batches)
    func `a batch that the rate cut short is not answered for good: its retry sends the rest`(
        door: RatedDoor
    ) async throws {
        guard case .each(let codes, let code) = door.batch else { return }
        let node = try node([])
        let first = try await door.ask(node, door.body(14), idempotencyKey: "k")
        #expect(first.status == 200, "\(first.body)")
        #expect(codes(first).compactMap(\.self) == [code, code])
        intake.wait(seconds: 120)
        let second = try await door.ask(node, door.body(14), idempotencyKey: "k")
        #expect(second.status == 200, "\(second.body)")
        #expect(second.headers["idempotent-replay"] == nil)
        #expect(codes(second) == Array(repeating: nil, count: 14), "\(second.body)")
        #expect(intake.kept.count == 14)
        // It took for those that were left.
        #expect(second.headers["ratelimit-remaining"] == "10")
        let third = try await door.ask(node, door.body(14), idempotencyKey: "k")
        #expect(third.headers["idempotent-replay"] == "true")
        #expect(third.body == second.body)
        #expect(intake.kept.count == 14)
    }

    @Test(
        arguments: RatedDoor.batches, [Refusal.Code.storageFull, .overloaded, .stopping, .dailyQuotaExceeded])
    func `a batch of which nothing could be taken now is not answered for good`(
        door: RatedDoor, code: Refusal.Code
    ) async throws {
        let node = try node([])
        intake.refuse(with: Refusal(code, "not now"))
        for _ in 0..<2 {
            let answer = try await door.ask(node, door.body(2), idempotencyKey: "k")
            #expect(answer.headers["idempotent-replay"] == nil, "\(answer.body)")
        }
        #expect(intake.kept.isEmpty)
    }

    @Test func `a retry of Mailgun's sends to those who were refused for now alone`() async throws {
        let node = try node([])
        let fields: KeyValuePairs = [
            "from": "a@one.example", "to": "j@x.example,k@x.example,l@x.example", "text": "x",
            "recipient-variables": "{}",
        ]
        func post() async throws -> HTTPNode.Answer {
            try await node.form("/v3/one.example/messages", fields, headers: ["Idempotency-Key: k"])
        }
        intake.refuse("k@x.example", with: Refusal(.storageFull, "not now"))
        let first = try await post()
        #expect(first.json["refused"].elements.map { $0["code"].text } == ["storage_full"], "\(first.body)")
        intake.refuse("k@x.example", with: nil)
        let second = try await post()
        #expect(second.status == 200 && second.headers["idempotent-replay"] == nil, "\(second.body)")
        #expect(second.json["id"] == first.json["id"])
        #expect(second.json["refused"] == .null || second.json["refused"].elements.isEmpty)
        #expect(intake.kept.map(\.recipients) == [["j@x.example"], ["l@x.example"], ["k@x.example"]])
        #expect(try await post().headers["idempotent-replay"] == "true")
        #expect(intake.kept.count == 3)
    }

    @Test(arguments: RatedDoor.batches)
    func `a batch in which a message is refused for good is answered for good`(door: RatedDoor) async throws {
        let node = try node([])
        intake.refuse(with: Refusal(.quotaExceeded, "the month is used up"))
        _ = try await door.ask(node, door.body(2), idempotencyKey: "k")
        let second = try await door.ask(node, door.body(2), idempotencyKey: "k")
        #expect(second.headers["idempotent-replay"] == "true", "\(second.body)")
    }

    @Test func `a retry of Mailgun's gives the rest the Message-ID that the first had`() async throws {
        let path = "/v3/one.example/messages"
        let fields: KeyValuePairs = [
            "from": "a@one.example", "to": "j@x.example,k@x.example,l@x.example", "text": "x",
            "subject": "%recipient_email%", "recipient-variables": "{}",
        ]
        func post(_ node: HTTPNode) async throws -> HTTPNode.Answer {
            try await node.form(path, fields, headers: ["Idempotency-Key: k"])
        }
        let first = try await post(node([]))
        let records = intake.keyRecords
        try #require(records.count == 3)
        let second = try await post(node(Array(records.prefix(1))))
        #expect(second.status == 200, "\(second.body)")
        #expect(second.json == first.json)
        #expect(intake.kept.map(\.recipients).suffix(2) == [["k@x.example"], ["l@x.example"]])
        #expect(Set(intake.kept.map(\.messageIDHeader)) == [first.json["id"].text])
        // Nothing of it is known: it is another batch.
        let third = try await post(node([]))
        #expect(third.json["id"] != first.json["id"])
    }
}
