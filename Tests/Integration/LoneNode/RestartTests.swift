import TestSupport
import Testing

/// A node that is stopped and started again.
@Suite struct RestartTests {
    @Test func `messages that wait are delivered once, by the process after a restart`() async throws {
        let sink = try MailSink()
        let node = try await LoneNode(["DISPATCH_ROUTES": sink.route])
        sink.holds = true
        try await node.start()
        let caller = try await node.caller()
        // More than can be in flight at one time, so that most of them wait.
        for number in 1...150 {
            try await caller.must("POST", "/api/v1/messages", node.message("waiting-\(number)"))
        }
        try await eventually("held messages") { sink.heldCount > 0 ? true : nil }
        async let exit = node.process.stop()
        try await pause(.milliseconds(300))
        sink.holds = false
        #expect(try await exit == .code(0))

        try await node.start()
        try await sink.wait(for: 150)
        try await node.process.waitUntilIdle()
        #expect(sink.copiesBySubject.count == 150)
        #expect(sink.copiesBySubject.values.allSatisfy { $0 == 1 })
        #expect(try node.process.logLines("spool recovered").first?["in_flight"].integer == 0)
    }

    @Test func `SIGTERM lets the request and the delivery in flight finish and ends with code 0`()
        async throws
    {
        let sink = try MailSink()
        let node = try await LoneNode(["DISPATCH_ROUTES": sink.route])
        sink.holds = true
        let process = try await node.start()
        let caller = try await node.caller()
        try await caller.must("POST", "/api/v1/messages", node.message("in flight"))
        try await eventually("the message at its host") { sink.heldCount == 1 ? true : nil }
        let request = try await HalfRequest(
            process, token: node.fixture.apiKey, message: node.message("half sent"))

        async let exit = process.stop()
        try await eventually("the stop") { process.logLines("stopping").isEmpty ? nil : true }
        #expect(try await request.finish().status == 202)
        sink.holds = false
        #expect(try await exit == .code(0))

        try await node.start()
        try await node.process.waitUntilIdle()
        #expect(sink.copiesBySubject == ["in flight": 1, "half sent": 1])
    }

    @Test func `a log of wishes for reports that cannot be opened does not keep a node from starting`()
        async throws
    {
        let sink = try MailSink()
        let node = try await LoneNode(["DISPATCH_ROUTES": sink.route])
        try Files.write(Array("no folder".utf8), to: node.directory.file("node/wishes"))
        try await node.start()
        try await node.caller().must("POST", "/api/v1/messages", node.message("all the same"))
        try await sink.wait(for: 1)
        #expect(try node.process.logLines("wishes for delivery reports are not kept").count == 1)
    }

    @Test func `a second process on the same directory refuses to start and leaves the first alone`()
        async throws
    {
        let sink = try MailSink()
        let node = try await LoneNode(["DISPATCH_ROUTES": sink.route])
        try await node.start()
        await #expect(throws: TestSupportError.self) {
            _ = try await NodeProcess(
                directory: node.directory.file("node"),
                settings: ["DISPATCH_CONTROL_URL": "http://127.0.0.1:9"])
        }
        try await node.caller().must("POST", "/api/v1/messages", node.message("still here"))
        _ = try await sink.wait(forSubject: "still here")
    }
}
