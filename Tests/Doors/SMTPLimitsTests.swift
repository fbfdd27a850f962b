import EventLoop
import Testing

@testable import Doors

/// What a node's SMTP door lets one client, and all of them, take.
@Suite struct SMTPLimitsTests {
    @Test func `a client has so many connections and no more until one ends`() async throws {
        let node = try SMTPNode(MemoryIntake()) { $0.maxConnectionsPerClient = 2 }
        let first = try await node.connect()
        let second = try await node.connect()
        let third = try await node.dial()
        #expect(try await third.reply().hasPrefix("421 4.7.0"))
        #expect(try await third.reply() == "")
        #expect(try await first.ask("QUIT").hasPrefix("221"))
        #expect(try await first.reply() == "")
        var banner = ""
        while !banner.hasPrefix("220") { banner = try await node.dial().reply() }
        #expect(try await second.ask("NOOP").hasPrefix("250"))
    }

    @Test func `who does not log in has little time`() async throws {
        let node = try SMTPNode(MemoryIntake()) { $0.loginTimeout = .milliseconds(50) }
        let client = try await node.connect()
        #expect(try await client.reply().hasPrefix("421 4.4.2"))
        #expect(try await client.reply() == "")
    }

    @Test func `commands that lead nowhere end the session`() async throws {
        let node = try SMTPNode(MemoryIntake()) { $0.maxIdleCommands = 5 }
        let client = try await node.connect()
        #expect(
            try await client.codes("NOOP", "RSET", "NOOP", "VRFY x", "HELP") == [
                "250", "250", "250", "252", "214",
            ])
        try await client.send("NOOP\r\n")
        #expect(try await client.codes(2) == ["250", "421"])
    }

    @Test func `a message that drips is not waited for`() async throws {
        let node = try SMTPNode(MemoryIntake()) {
            $0.dataGrace = .milliseconds(50)
            $0.minDataBytesPerSecond = 1 << 20
        }
        let client = try await node.login()
        try await client.open()
        #expect(try await client.ask("DATA").hasPrefix("354"))
        #expect(try await client.ask("From: a@one.example").hasPrefix("421 4.4.2"))
        #expect(node.intake.kept.isEmpty)
    }

    @Test func `messages that are being received have so much memory together`() async throws {
        let node = try SMTPNode(MemoryIntake()) { $0.maxBufferedBytesPerLoop = 1000 }
        let client = try await node.login()
        for _ in 0..<20 {
            try await client.open()
            #expect(try await client.ask("DATA").hasPrefix("354"))
            #expect(try await client.ask(goodMessage + ".").hasPrefix("250"))
        }
        try await client.open()
        #expect(try await client.ask("DATA").hasPrefix("354"))
        let line = String(repeating: "x", count: 500)
        #expect(
            try await client.ask(goodMessage + line + "\r\n" + line + "\r\n" + line).hasPrefix("451 4.3.2"))
        let other = try await node.login()
        try await other.open()
        // What is announced takes nothing yet.
        try await other.send("BDAT 2000 LAST\r\n")
        let text = try await node.login()
        try await text.open()
        try await text.send("BDAT \(goodMessage.utf8.count) LAST\r\n" + goodMessage)
        #expect(try await text.reply().hasPrefix("250"))
        let lines = String(repeating: "12345678\r\n", count: 200)
        try await other.send(lines)
        #expect(try await other.reply().hasPrefix("451 4.3.2"))
        let last = try await node.login()
        try await last.open()
        #expect(try await last.ask("DATA").hasPrefix("354"))
        #expect(try await last.ask(goodMessage + ".").hasPrefix("250"))
    }

    @Test func `who has not logged in has little time for a chunk as well`() async throws {
        let node = try SMTPNode(MemoryIntake()) { $0.loginTimeout = .milliseconds(100) }
        let client = try await node.connect()
        try await client.send("BDAT 100000\r\nx")
        #expect(try await client.reply().hasPrefix("421 4.4.2"))
        #expect(try await client.reply() == "")
    }

    @Test func `a message that does not end is not received for ever`() async throws {
        let node = try SMTPNode(MemoryIntake()) { $0.maxMessageBytes = 1000 }
        let client = try await node.login()
        try await client.open()
        #expect(try await client.ask("DATA").hasPrefix("354"))
        try await client.send(String(repeating: "12345678\r\n", count: 900))
        #expect(try await client.reply().hasPrefix("552 5.3.4"))
        #expect(try await client.reply() == "")
    }

    @Test func `a message with an idempotency key is queued once`() async throws {
        let node = try SMTPNode(MemoryIntake())
        let keyed = "X-Dispatch-Idempotency-Key: k1\r\n" + goodMessage
        var replies: [String] = []
        for _ in 0..<2 {
            let client = try await node.login()
            try await client.open()
            _ = try await client.ask("DATA")
            replies.append(try await client.ask(keyed + "."))
        }
        #expect(replies[0].hasPrefix("250"))
        #expect(replies[0] == replies[1])
        #expect(node.intake.kept.count == 1)
        #expect(node.intake.kept.first?.text.contains("Idempotency") == false)
        let client = try await node.login()
        try await client.open()
        _ = try await client.ask("DATA")
        #expect(try await client.ask(keyed + "another\r\n.").hasPrefix("550 5.7.1"))
        try await client.open(to: "k@x.example")
        _ = try await client.ask("DATA")
        #expect(try await client.ask(keyed + ".").hasPrefix("550 5.7.1"))
        #expect(node.intake.kept.count == 1)
    }
}

@Suite struct ClientNetworkTests {
    @Test func `a holder of a 64 is one client, in the guard as well`() throws {
        #expect(ClientNetwork("2001:db8::1") == ClientNetwork("2001:db8:0:0:ffff::2"))
        #expect(ClientNetwork("2001:db8::1") != ClientNetwork("2001:db8:0:1::1"))
        #expect(ClientNetwork("192.0.2.1") != ClientNetwork("192.0.2.2"))
        #expect(ClientNetwork("::ffff:192.0.2.1") == ClientNetwork("192.0.2.1"))
        let guardian = LoginGuard()
        let now = MonotonicTime.now()
        for number in 1...3 { guardian.failed(address: "2001:db8::\(number)", name: "n\(number)", now: now) }
        #expect(try #require(guardian.wait(address: "2001:db8::99", name: "other", now: now)) >= .seconds(1))
    }
}
