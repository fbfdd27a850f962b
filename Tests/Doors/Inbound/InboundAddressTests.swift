import Admission
import Doors
import Testing

/// Whom the door for reports takes mail for.
@Suite struct InboundAddressTests {
    private func answer(to recipient: String, _ node: InboundNode) async throws -> String {
        let client = try await node.connect()
        _ = try await client.ask("MAIL FROM:<>")
        return try await client.ask("RCPT TO:<\(recipient)>")
    }

    @Test func `a return path of ours is taken, in any case and from anybody`() async throws {
        let intake = try MemoryInbound()
        let node = try InboundNode(intake)
        let path = intake.returnPath(["jane@example.org"])
        #expect(try await answer(to: path, node).hasPrefix("250 "))
        #expect(try await answer(to: path.uppercased(), node).hasPrefix("250 "))
        let client = try await node.connect()
        #expect(try await client.codes("MAIL FROM:<x@y.example>", "RCPT TO:<\(path)>") == ["250", "250"])
    }

    @Test func `a forged token, and one for a domain that nobody has, is refused`() async throws {
        let intake = try MemoryInbound()
        let node = try InboundNode(intake)
        let path = intake.returnPath(["jane@example.org"])
        let forged = path.replacing("@", with: "a@")
        #expect(try await answer(to: forged, node).hasPrefix("550 5.7.1 "))
        let moved = path.replacing("one.example", with: "two.example")
        #expect(try await answer(to: moved, node).hasPrefix("550 5.7.1 "))
        let gone = intake.returnPath(["jane@example.org"], domain: "gone.example")
        #expect(try await answer(to: gone, node).hasPrefix("550 5.7.1 "))
    }

    @Test(arguments: [
        "jane@example.org", "bounces@dispatch.one.example", "postmaster@dispatch.one.example", "Postmaster",
        "abuse@dispatch.one.example", "fbl@other.example", "fbl@dispatch.one.example", "x@dispatch.example",
    ])
    func `nobody else has a mailbox here`(recipient: String) async throws {
        let node = try InboundNode(try MemoryInbound())
        #expect(try await answer(to: recipient, node).hasPrefix("550 5.1.1 "))
    }

    @Test func `postmaster is told where to write`() async throws {
        let node = try InboundNode(try MemoryInbound())
        let answer = try await answer(to: "postmaster@dispatch.one.example", node)
        #expect(answer.contains("postmaster@one.example"))
    }

    @Test func `there is TLS and no login`() async throws {
        let node = try InboundNode(try MemoryInbound())
        let client = try await node.connect()
        let hello = try await client.ask("EHLO mx.example")
        #expect(hello.contains("STARTTLS"))
        #expect(!hello.contains("AUTH"))
        try await client.secure()
        #expect(try await !client.ask("EHLO mx.example").contains("AUTH"))
        #expect(try await client.ask("AUTH PLAIN AGEAYg==").hasPrefix("502 "))
        #expect(try await client.ask("MAIL FROM:<>").hasPrefix("250 "))
    }

    @Test func `a transaction has ten recipients and the size it has`() async throws {
        let intake = try MemoryInbound()
        let node = try InboundNode(intake)
        let client = try await node.connect()
        #expect(try await client.ask("MAIL FROM:<> SIZE=1048577").hasPrefix("552 "))
        #expect(try await client.ask("MAIL FROM:<>").hasPrefix("250 "))
        let path = intake.returnPath(["jane@example.org"])
        for _ in 0..<10 { #expect(try await client.ask("RCPT TO:<\(path)>").hasPrefix("250 ")) }
        #expect(try await client.ask("RCPT TO:<\(path)>").hasPrefix("452 "))
    }

    @Test func `one client begins so many transactions a minute`() async throws {
        var limits = InboundLimits()
        limits.maxMessagesPerMinute = 3
        let node = try InboundNode(try MemoryInbound(), limits: limits)
        let client = try await node.connect()
        var codes: [String] = []
        // Two minutes may have a part in this, so twice as many are asked for.
        for _ in 0..<7 { codes += try await client.codes("MAIL FROM:<>", "RSET") }
        #expect(codes.first == "250")
        #expect(codes.contains("450"))
    }
}
