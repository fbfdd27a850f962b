import Crypto
import FoundationEssentials
import MailFormat
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
        let copy = try await sink.wait(forSubject: "in four seconds")
        #expect(Date() >= due)
        try Self.expect(copy, isDated: due)
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

        let soon = Date().addingTimeInterval(2)
        _ = try await move(to: soon)
        let copy = try await sink.wait(forSubject: "moved")
        #expect(sink.copiesBySubject == ["moved": 1])
        try Self.expect(copy, isDated: soon)
        await SignedMailTests.expectSigned(copy, node.fixture)
    }

    @Test func `who came on the list while a message waited is not sent to, and the others are`()
        async throws
    {
        let sink = try MailSink()
        let source = try SnapshotSource()
        let node = try await LoneNode(["DISPATCH_ROUTES": sink.route, "DISPATCH_CONTROL_URL": source.baseURL])
        try await node.start()
        let tenant = try Self.tenant(node)
        let later = Date().addingTimeInterval(3_600)
        let both = try await Self.schedule(
            "both", to: ["someone@example.net", "Gone@example.net"], at: later, node)
        let alone = try await Self.schedule("alone", to: ["gone@example.net"], at: later, node)

        var draft = try node.nextDraft()
        draft.chunks[SuppressionsChunk.name(for: tenant)] = Array(
            try JSONEncoder().encode(
                SuppressionsChunk(addresses: [tenant.description: ["gone@example.net"]])))
        source.serve(draft)
        let pushed = try await node.push(SignedManifest(draft.manifest, key: node.clusterKey()))
        #expect(pushed.answer.accepted)
        for id in [alone, both] {
            let command = ScheduleCommand(
                message: id, tenant: tenant, moveTo: Int64(Date().timeIntervalSince1970 * 1000))
            _ = try await node.asked(ScheduleResult.self, "POST", QueuePaths.schedule, command)
        }

        let copy = try await sink.wait(forSubject: "both")
        #expect(copy.recipients == ["someone@example.net"])
        try await node.process.waitUntilIdle()
        #expect(sink.copiesBySubject == ["both": 1])
        let caller = try await node.caller()
        let recipients = try await caller.get("/api/v1/messages/\(both)").json["recipients"]
        #expect(recipients.elements.map { $0["status"].text } == ["delivered", "failed"])
        #expect(recipients[1]["response"].text?.contains("suppression list") == true)
        #expect(try await caller.get("/api/v1/messages/\(alone)").json["status"].text == "failed")
    }

    /// Date, and `t=` of the signature.
    private static func expect(_ copy: MailSink.Delivery, isDated time: Date) throws {
        let seconds = Int(time.timeIntervalSince1970)
        #expect(copy.field("Date") == MailDate.format(secondsSince1970: seconds))
        let header = copy.header.replacing("\r\n", with: "")
        #expect(header.contains("t=\(seconds);"), "\(header)")
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

    private static func schedule(
        _ subject: String, to: [String] = ["someone@example.net"], at due: Date, _ node: LoneNode
    ) async throws -> MessageID {
        let time = due.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        let path = "/api/v1/dispatch/tenants/\(node.fixture.tenant)/send"
        let answer = try await node.caller().must(
            "POST", path,
            [
                "from": .string("app@\(node.fixture.domain)"), "to": .array(to.map { .string($0) }),
                "subject": .string(subject),
                "text_body": "Later.", "scheduled_at": .string(time),
            ])
        return try #require(answer["data"]["id"].text.flatMap { MessageID(text: $0) })
    }
}
