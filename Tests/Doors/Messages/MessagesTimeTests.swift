import EventLoop
import NodeProtocol
import TestSupport
import Testing

@testable import Doors

/// `DELETE /v1/messages/{id}/schedule`, and the time that is found for a message.
@Suite struct MessagesTimeTests {
    private static let message =
        #"{"from":"a@one.example","to":"J@x.example","subject":"s","text":"x","optimize_send_time":true}"#
    private let id = MessageID(milliseconds: 1_800_000_000_000, node: 1, random: (1, 2))

    /// Opens of one reader at one hour.
    private static func hours(_ counts: [Int: Int]) -> [Int] { (0..<24).map { counts[$0] ?? 0 } }

    private func send(
        _ opens: @escaping DoorRouter.OpenHours
    ) async throws -> (data: JSONValue, scheduledAt: Int64?) {
        let node = try HTTPNode(MemoryIntake(), openHours: opens)
        let answer = try await node.ask("POST", "/v1/messages/send", json: Self.message)
        #expect(answer.status == 202, "\(answer.body)")
        return (answer.json["data"], try #require(node.intake.kept.first).scheduledAt)
    }

    @Test func `a message waits for the hour in which its reader opened most`() async throws {
        let (data, scheduledAt) = try await send { tenant, addresses in
            tenant.description == MemoryIntake.one && addresses == ["j@x.example"]
                ? ["j@x.example": Self.hours([6: 2, 19: 3])] : nil
        }
        #expect(data["status"] == "scheduled" && data["optimized"] == true)
        #expect(data["scheduled_at"] == "2027-01-15T19:00:00Z")
        #expect(scheduledAt == (MemoryIntake.nowSeconds + 11 * 3600) * 1000)
    }

    @Test func `without a history, or without an answer, it leaves at once and says so`() async throws {
        let answers: [([String: [Int]]?, String)] = [([:], "no_history"), (nil, "history_unavailable")]
        for (opens, reason) in answers {
            let (data, scheduledAt) = try await send { _, _ in opens }
            #expect(data["status"] == "queued" && data["optimized"] == false)
            #expect(data["optimized_reason"].text == reason)
            #expect(data["scheduled_at"] == "2027-01-15T08:00:00Z")
            #expect(scheduledAt == nil)
        }
    }

    @Test func `more readers than one question may have are asked for in several`() async throws {
        let count = OpenHours.maxAddresses + 200
        let asked = Locked<[Int]>([])
        let node = try HTTPNode(MemoryIntake(limits: .init(maxRecipients: 10_000))) { _, addresses in
            asked.withLock { $0.append(addresses.count) }
            guard addresses.count <= OpenHours.maxAddresses else { return nil }
            return Dictionary(uniqueKeysWithValues: addresses.map { ($0, Self.hours([19: 1])) })
        }
        let people = (0..<count).map { "\"j\($0)@x.example\"" }.joined(separator: ",")
        let answer = try await node.ask(
            "POST", "/v1/messages/send",
            json: Self.message.replacing(#""J@x.example""#, with: "[\(people)]"))
        #expect(answer.json["data"]["optimized"] == true, "\(answer.body.prefix(400))")
        #expect(answer.json["data"]["scheduled_at"] == "2027-01-15T19:00:00Z")
        #expect(asked.withLock { $0 } == [OpenHours.maxAddresses, 200])
    }

    @Test func `who was asked for before a question failed has his time, the others leave at once`()
        async throws
    {
        let node = try HTTPNode(MemoryIntake(limits: .init(maxRecipients: 10_000))) { _, addresses in
            addresses.contains("j0@x.example")
                ? Dictionary(uniqueKeysWithValues: addresses.map { ($0, Self.hours([19: 1])) }) : nil
        }
        func message(_ range: Range<Int>) -> String {
            let people = range.map { "\"j\($0)@x.example\"" }.joined(separator: ",")
            return Self.message.replacing(#""J@x.example""#, with: "[\(people)]")
        }
        let answer = try await node.ask(
            "POST", "/v1/messages/batch",
            json: #"{"messages":[\#(message(0..<2_500)),\#(message(2_500..<5_001))]}"#)
        let messages = answer.json["data"]["messages"]
        #expect(messages[0]["optimized"] == true && messages[0]["status"] == "scheduled")
        #expect(messages[1]["optimized_reason"] == "history_unavailable")
    }

    @Test func `the hour that is now is at once, and of equal ones the next comes first`() {
        let hour: Int64 = 3_600_000
        let now = 1_800_000_000_000 + hour / 2  // half past eight
        #expect(
            SendTime(opens: [Self.hours([8: 1])], now: now) == SendTime(opens: [Self.hours([8: 9])], now: now)
        )
        #expect(SendTime(opens: [Self.hours([8: 1])], now: now).at == nil)
        #expect(SendTime(opens: [Self.hours([8: 1])], now: now).reason == nil)
        let start = now - hour / 2
        #expect(SendTime(opens: [Self.hours([7: 2, 6: 2])], now: now).at == start + 22 * hour)
        #expect(
            SendTime(opens: [Self.hours([3: 1]), Self.hours([9: 1, 3: 1])], now: now).at == start + 19 * hour)
        for wanted in 0..<24 {
            let at = SendTime(opens: [Self.hours([wanted: 1])], now: now).at ?? now
            #expect(at / hour % 24 == Int64(wanted) && at >= now && at - now < 24 * hour)
        }
    }

    @Test func `counts that are none change nothing`() {
        #expect(SendTime(opens: [[]], now: 0).reason == .noHistory)
        #expect(SendTime(opens: [[-5]], now: 0).reason == .noHistory)
        #expect(SendTime(opens: [Array(repeating: .max, count: 30), [1]], now: 0).reason == nil)
    }

    @Test func `a scheduled message is withdrawn by the node that holds it`() async throws {
        let intake = try MemoryIntake()
        let node = try HTTPNode(intake)
        let path = "/v1/messages/\(id)/schedule"
        try intake.set(
            .init(
                id: id, acceptedAt: 1_800_000_000_000,
                recipients: [.init(address: "j@x.example", state: .scheduled)]), tenant: MemoryIntake.one)
        let foreign = try await node.ask("DELETE", path, key: "dsp_live_two")
        #expect(foreign.status == 404)
        #expect(foreign.json["error"]["code"].text == "message_not_found")
        #expect(try await node.ask("DELETE", path, key: "dsp_live_one_none").status == 403)
        let answer = try await node.ask("DELETE", path)
        #expect(answer.status == 200, "\(answer.body)")
        #expect(
            answer.json["data"]
                == [
                    "id": .string(id.description), "status": "cancelled",
                    "created_at": "2027-01-15T08:00:00Z",
                ])
        let again = try await node.ask("DELETE", path)
        #expect(again.status == 409)
        #expect(again.json["error"]["code"].text == "not_scheduled")
        #expect(try await node.ask("DELETE", "/v1/messages/msg_abc123/schedule").status == 404)
    }
}
