import Admission
import Testing

/// Headers that are instructions, as real clients and careless ones write them.
@Suite struct SMTPInstructionTests {
    private let node: SMTPNode

    init() throws { node = try SMTPNode(MemoryIntake()) { $0.maxErrors = 100 } }

    /// The reply to the good message with these fields before it.
    private func send(_ fields: String) async throws -> String {
        let client = try await node.login()
        try await client.open()
        try #require(await client.ask("DATA").hasPrefix("354"))
        return try await client.ask(fields + goodMessage + ".")
    }

    private func admitted(_ fields: String) async throws -> Admitted {
        let reply = try await send(fields)
        try #require(reply.hasPrefix("250"), "\(reply)")
        return try #require(node.intake.kept.last)
    }

    @Test func `folded, in any case, and as encoded words they mean the same`() async throws {
        let message = try await admitted(
            "x-dispatch-tag: one\r\nX-DISPATCH-TAG:\r\n two\r\nX-Dispatch-Tag: =?utf-8?q?dr=65i?=\r\n"
                + "X-Dispatch-Metadata: {\"order\":\r\n \"17\"}\r\nX-Dispatch-Metadata: {\"x\":\"ü\"}\r\n"
                + "X-Dispatch-Metadata: =?utf-8?b?eyJ5IjoiMSJ9?=\r\n"
                + "X-Dispatch-Stream: =?us-ascii?Q?bulk?=\r\n"
        )
        #expect(message.tags == ["one", "two", "drei"])
        #expect(message.metadata == ["order": "17", "x": "ü", "y": "1"])
        #expect(message.stream == .bulk)
        #expect(!message.text.lowercased().contains("x-dispatch-tag"))
        #expect(!message.text.lowercased().contains("x-dispatch-metadata"))
    }

    @Test(arguments: [
        "X-Dispatch-Stream: fast", "X-Dispatch-Stream:", "X-Dispatch-Stream: bulk\r\nX-Dispatch-Stream: bulk",
        "X-Dispatch-Tag:", "X-Dispatch-Tag: \(String(repeating: "x", count: 900))",
        "X-Dispatch-Metadata: order=17", "X-Dispatch-Metadata: [\"17\"]", "X-Dispatch-Metadata: {\"a\":1}",
        "X-Dispatch-Metadata:", "X-Dispatch-Track: maybe", "X-Dispatch-Track: opens",
        "X-Dispatch-Variables: {\"a\":\"b\"}", "X-Dispatch-Template: nobody", "X-Dispatch-Template:",
        "X-Dispatch-Frobnicate: 1", "X-Dispatch-: 1", "X-Dispatch-Idempotency-Key:",
        "X-Dispatch-Idempotency-Key: \(String(repeating: "k", count: 300))",
        "X-Dispatch-Idempotency-Key: a\r\nX-Dispatch-Idempotency-Key: a",
        "X-Dispatch-Idempotency-Key: =?utf-8?q?a=0D=0Ab?=",
    ])
    func `one that makes no sense is refused by its name, and nothing is queued`(field: String) async throws {
        let reply = try await send(field + "\r\n")
        #expect(reply.hasPrefix("550 5.6.0 "), "\(reply)")
        #expect(reply.lowercased().contains("x-dispatch-"), "\(reply)")
        #expect(node.intake.kept.isEmpty)
    }

    @Test func `more tags than a message may have are refused`() async throws {
        let reply = try await send(String(repeating: "X-Dispatch-Tag: x\r\n", count: 21))
        #expect(reply.hasPrefix("550 5.6.0"), "\(reply)")
    }

    @Test func `a key is the same key however it is written`() async throws {
        let replies = [
            try await send("X-Dispatch-Idempotency-Key: order-17\r\n"),
            try await send("x-dispatch-idempotency-key:\r\n order-17 \r\n"),
            try await send("X-Dispatch-Idempotency-Key: =?utf-8?q?order-17?=\r\n"),
        ]
        #expect(replies[0].hasPrefix("250"))
        #expect(node.intake.kept.count >= 1)
        #expect(!replies[1].hasPrefix("250") || replies[1] == replies[0])
        #expect(!replies[2].hasPrefix("250") || replies[2] == replies[0])
        #expect(node.intake.kept.count == 1)
    }

    @Test func `after a lost 250 the same message with the same key has the same answer`() async throws {
        let keyed = "X-Dispatch-Idempotency-Key: lost\r\n" + goodMessage
        let client = try await node.login()
        try await client.open()
        try #require(await client.ask("DATA").hasPrefix("354"))
        try await client.send(keyed + ".\r\n")
        let stream = client.stream
        try await client.loop.run { stream.close() }
        var replies: [String] = []
        // While the first is on its way, the answer is to come back.
        while replies.last?.hasPrefix("250") != true {
            let again = try await node.login()
            try await again.open()
            try #require(await again.ask("DATA").hasPrefix("354"))
            replies.append(try await again.ask(keyed + "."))
            #expect(replies.last?.hasPrefix("250") == true || replies.last?.hasPrefix("450") == true)
        }
        let message = try #require(node.intake.kept.first)
        #expect(node.intake.kept.count == 1)
        #expect(replies.last == "250 2.0.0 Ok: queued as \(message.id)\r\n")
    }
}
