import FoundationEssentials
import NodeProtocol
import TestSupport
import Testing

/// Messages that wait for their time.
@Suite struct ScheduledMailTests {
    @Test func `a scheduled message leaves at its time, also after a kill and a restart`() async throws {
        let sink = try MailSink()
        let node = try await LoneNode(["DISPATCH_ROUTES": sink.route])
        try await node.start()
        let due = Date().addingTimeInterval(4)
        _ = try await Self.schedule("in four seconds", at: due, node)

        try await node.process.kill()
        try await node.start()
        #expect(sink.copiesBySubject.isEmpty)
        _ = try await sink.wait(forSubject: "in four seconds")
        #expect(Date() >= due)
        #expect(sink.copiesBySubject == ["in four seconds": 1])
    }

    @Test func `a withdrawn message never leaves, and cannot be withdrawn again`() async throws {
        let sink = try MailSink()
        let node = try await LoneNode(["DISPATCH_ROUTES": sink.route])
        try await node.start()
        let id = try await Self.schedule("withdrawn", at: Date().addingTimeInterval(3_600), node)
        let command = ScheduleCommand(message: id, tenant: try Self.tenant(node))

        let result = try await node.asked(ScheduleResult.self, "POST", QueuePaths.schedule, command)
        #expect(result.scheduledAt == nil)
        let again = try await node.control("POST", QueuePaths.schedule, command)
        #expect(again.status == 409)
        #expect(again.json["error"]["code"].text == "not_scheduled")

        try await node.process.kill()
        try await node.start()
        try await node.process.waitUntilIdle()
        #expect(sink.copiesBySubject.isEmpty)
    }

    @Test func `a message that was moved keeps its new time over a kill, and leaves then`() async throws {
        let sink = try MailSink()
        let node = try await LoneNode(["DISPATCH_ROUTES": sink.route])
        try await node.start()
        let id = try await Self.schedule("moved", at: Date().addingTimeInterval(3_600), node)
        func move(to time: Date) async throws -> ScheduleResult {
            let command = ScheduleCommand(
                message: id, tenant: try Self.tenant(node), moveTo: Int64(time.timeIntervalSince1970 * 1000))
            return try await node.asked(ScheduleResult.self, "POST", QueuePaths.schedule, command)
        }
        let later = Date().addingTimeInterval(7_200)
        #expect(try await move(to: later).scheduledAt == Int64(later.timeIntervalSince1970 * 1000))

        try await node.process.kill()
        try await node.start()
        let status = try await node.caller().get("/api/v1/messages/\(id)").json
        #expect(status["status"].text == "queued")
        let next = try #require(status["recipients"][0]["nextAttemptAt"].text)
        #expect(next.hasPrefix(String(later.formatted(.iso8601).dropLast())))

        _ = try await move(to: Date())
        _ = try await sink.wait(forSubject: "moved")
        #expect(sink.copiesBySubject == ["moved": 1])
    }

    @Test func `another tenant's message is not there to be withdrawn`() async throws {
        let sink = try MailSink()
        let node = try await LoneNode(["DISPATCH_ROUTES": sink.route])
        try await node.start()
        let id = try await Self.schedule("mine", at: Date().addingTimeInterval(3_600), node)
        let command = ScheduleCommand(message: id, tenant: TenantID(UUID()))
        #expect(try await node.control("POST", QueuePaths.schedule, command).status == 404)
        let status = try await node.caller().get("/api/v1/messages/\(id)").json
        #expect(status["status"].text == "queued")
    }

    private static func tenant(_ node: LoneNode) throws -> TenantID {
        try #require(TenantID(text: node.fixture.tenant))
    }

    private static func schedule(_ subject: String, at due: Date, _ node: LoneNode) async throws -> MessageID
    {
        let time = due.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        let path = "/api/v1/dispatch/tenants/\(node.fixture.tenant)/send"
        let answer = try await node.caller().must(
            "POST", path,
            [
                "from": .string("app@\(node.fixture.domain)"), "to": "someone@example.net",
                "subject": .string(subject),
                "text_body": "Later.", "scheduled_at": .string(time),
            ])
        return try #require(answer["data"]["id"].text.flatMap { MessageID(text: $0) })
    }
}
