import Crypto
import TestSupport
import Testing

/// A batch that goes to disk as a whole or not at all, near what one write takes.
@Suite struct StrictBatchTests {
    private static let path = "/api/v1/emails/batch"

    /// So many e-mails with a file of so many bytes each.
    private func batch(_ node: LoneNode, _ name: String, count: Int, fileBytes: Int) -> JSONValue {
        let file = Base64.encode([UInt8](repeating: 0x61, count: fileBytes))
        return .array(
            (0..<count).map { number in
                [
                    "from": node.message("")["from"], "to": ["a@example.net"],
                    "subject": .string("\(name)-\(number)"), "text": "x",
                    "attachments": [["filename": "f.bin", "content": .string(file)]],
                ]
            })
    }

    @Test func `a batch that no write takes is refused by the place of the one too many, and none is sent`()
        async throws
    {
        let sink = try MailSink()
        let node = try await LoneNode(["DISPATCH_ROUTES": sink.route])
        let process = try await node.start()
        let caller = try await node.caller()
        // Ten of 4.75 MiB are less than 64 MiB as they come and more as they are stored.
        let large = try await caller.send(
            "POST", Self.path, batch(node, "large", count: 10, fileBytes: 19 << 18), seconds: 200)
        #expect(large.status == 413, "\(large.text)")
        #expect(large.json["code"].text == "batch_too_large")
        #expect(large.json["field"].text == "[9]")
        let fitting = try await caller.send(
            "POST", Self.path, batch(node, "fitting", count: 4, fileBytes: 19 << 18), seconds: 200)
        #expect(fitting.status == 200, "\(fitting.text)")
        try await sink.wait(for: 4)
        #expect(Set(sink.copiesBySubject.keys) == ["fitting-0", "fitting-1", "fitting-2", "fitting-3"])
        #expect(try await process.metric("dispatch_messages_accepted_total{door=\"emails\"}") == 4)
    }
}
