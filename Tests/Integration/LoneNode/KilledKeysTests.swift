import EventLoop
import Glibc
import TestSupport
import Testing

/// Idempotency keys of one node that is killed.
@Suite(.serialized) struct KilledKeysTests {
    private static func key(_ text: String) -> [(name: String, value: String)] {
        [(name: "Idempotency-Key", value: text)]
    }

    @Test func `a kill forgets no key, whatever door it came by`() async throws {
        let sink = try MailSink()
        let node = try await LoneNode(["DISPATCH_ROUTES": sink.route])
        func sendAll() async throws -> [JSONValue] {
            let caller = try await node.caller()
            let ingest = try await caller.send(
                "POST", "/api/v1/messages", node.message("ingest"), headers: Self.key("k1"))
            let bulk = try await caller.send(
                "POST", "/api/v1/dispatch/tenants/\(node.fixture.tenant)/send-bulk",
                [
                    "messages": .array(
                        (1...3).map { number in
                            [
                                "from": .string("app@\(node.fixture.domain)"), "to": "a@example.net",
                                "subject": .string("bulk-\(number)"), "text_body": "Hello.",
                            ]
                        })
                ], headers: Self.key("k1"))
            #expect(ingest.status == 202 && bulk.status == 200, "\(ingest.text) \(bulk.text)")
            return [ingest.json, bulk.json]
        }
        var process = try await node.start()
        let first = try await sendAll()
        try await process.kill()
        for _ in 0..<3 {
            process = try await node.start()
            #expect(try await sendAll() == first)
            try await process.kill()
        }
        process = try await node.start()
        let other = try await node.caller().send(
            "POST", "/api/v1/messages", node.message("another"), headers: Self.key("k1"))
        #expect(other.status == 409)
        try await sink.wait(for: 4)
        try await process.waitUntilIdle()
        #expect(sink.copiesBySubject.count == 4)
        #expect(Set(sink.deliveries.map { $0.field("x-dispatch-id") }).count == 4)
    }

    @Test func `clients that repeat until they have an answer send once, however often the node is killed`()
        async throws
    {
        let sink = try MailSink()
        let node = try await LoneNode([
            "DISPATCH_ROUTES": sink.route, "DISPATCH_HOLD_DELIVERY": "true",
        ])
        let ids = Locked<[String: Set<String>]>([:])
        let next = Locked(0)
        let isOver = Locked(false)
        var random = SeededRandom(seed: 7)
        _ = try await node.start()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<6 {
                group.addTask {
                    while !isOver.withLock({ $0 }) {
                        let number = next.withLock { next in
                            next += 1
                            return next
                        }
                        var answers = 0
                        // One more after the first answer, which must be the same.
                        while answers < 2 {
                            guard let caller = try? await node.caller(),
                                let answer = try? await caller.send(
                                    "POST", "/api/v1/messages", node.message("s\(number)"),
                                    headers: Self.key("k\(number)")), answer.status == 202
                            else {
                                try await pause(.milliseconds(20))
                                continue
                            }
                            answers += 1
                            ids.withLock {
                                _ = $0["s\(number)", default: []].insert(answer.json["id"].text ?? "")
                            }
                        }
                    }
                }
            }
            for _ in 0..<20 {
                try await pause(.milliseconds(Int.random(in: 20...200, using: &random)))
                try await node.process.kill()
                try await node.start()
            }
            isOver.withLock { $0 = true }
            try await group.waitForAll()
        }
        let sent = ids.withLock { $0 }
        print("20 kills: \(sent.count) messages under keys")
        #expect(sent.values.allSatisfy { $0.count == 1 })
        #expect(try await node.process.health()["queued"].integer == sent.count)
    }

    @Test func `a kill forgets no key of SMTP`() async throws {
        let sink = try MailSink()
        let folder = try TemporaryDirectory()
        let certificate = try TestCertificate(in: folder)
        let node = try await LoneNode(["DISPATCH_ROUTES": sink.route].merging(certificate.settings) { $1 })
        try await node.start()
        let mail = KeyedMail(
            key: "k1", sender: "app@\(node.fixture.domain)", subject: "smtp",
            username: node.fixture.username, password: node.fixture.password)
        var replies: Set<String> = []
        for _ in 0..<3 {
            replies.insert(try await mail.send(to: node.process))
            try await node.process.kill()
            try await node.start()
        }
        #expect(replies.count == 1)
        #expect(replies.allSatisfy { $0.contains("queued as") }, "\(replies)")
        _ = try await sink.wait(forSubject: "smtp")
        try await node.process.waitUntilIdle()
        #expect(Set(sink.deliveries.map { $0.field("x-dispatch-id") }).count == 1)
    }
}
