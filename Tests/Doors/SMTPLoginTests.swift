import EventLoop
import Testing

@testable import Doors

@Suite struct SMTPLoginTests {
    private let node: SMTPNode
    /// \0one@dispatch.example\0dp_sk_one
    private let good = "AG9uZUBkaXNwYXRjaC5leGFtcGxlAGRwX3NrX29uZQ=="
    /// \0one@dispatch.example\0wrong
    private let wrong = "AG9uZUBkaXNwYXRjaC5leGFtcGxlAHdyb25n"

    init() throws { node = try SMTPNode(MemoryIntake()) }

    private func secured() async throws -> SMTPClient {
        let client = try await node.connect()
        try await client.secure()
        return client
    }

    @Test func `before TLS every AUTH is refused`() async throws {
        let client = try await node.connect()
        _ = try await client.ask("EHLO client.example")
        #expect(
            try await client.codes(
                "AUTH PLAIN \(good)", "AUTH PLAIN", "AUTH LOGIN", "MAIL FROM:<a@one.example>") == [
                    "538", "538", "538", "530",
                ])
    }

    @Test func `PLAIN is taken at once and behind a challenge`() async throws {
        #expect(try await secured().ask("AUTH PLAIN \(good)") == "235 2.7.0 Authentication successful\r\n")
        let client = try await secured()
        #expect(try await client.codes("AUTH PLAIN", good) == ["334", "235"])
        #expect(try await client.codes("AUTH PLAIN \(good)", "MAIL FROM:<a@one.example>") == ["503", "250"])
    }

    @Test func `LOGIN asks for name and password`() async throws {
        let client = try await secured()
        #expect(try await client.ask("AUTH LOGIN") == "334 VXNlcm5hbWU6\r\n")
        #expect(try await client.ask("b25lQGRpc3BhdGNoLmV4YW1wbGU=") == "334 UGFzc3dvcmQ6\r\n")
        #expect(try await client.ask("ZHBfc2tfb25l").hasPrefix("235 "))
        let short = try await secured()
        #expect(
            try await short.codes("AUTH LOGIN b25lQGRpc3BhdGNoLmV4YW1wbGU=", "ZHBfc2tfb25l") == [
                "334", "235",
            ])
    }

    @Test func `an API key is a password, and is authenticated once`() async throws {
        let client = try await secured()
        // \0anything\0dsp_live_one
        let key = "AGFueXRoaW5nAGRzcF9saXZlX29uZQ=="
        #expect(
            try await client.codes("AUTH PLAIN \(key)", "AUTH PLAIN \(key)", "MAIL FROM:<a@one.example>") == [
                "235", "503", "250",
            ])
    }

    @Test func `a wrong password is refused, a right one behind it is taken`() async throws {
        let client = try await secured()
        #expect(
            try await client.codes("AUTH PLAIN \(wrong)", "MAIL FROM:<a@one.example>", "AUTH PLAIN \(good)")
                == ["535", "530", "235"])
    }

    @Test func `what is no answer to a challenge ends the dialogue, not the session`() async throws {
        let client = try await secured()
        #expect(try await client.codes("AUTH PLAIN", "*") == ["334", "501"])
        #expect(try await client.codes("AUTH PLAIN", "%%%") == ["334", "501"])
        #expect(
            try await client.codes("AUTH PLAIN =", "AUTH PLAIN AA==", "AUTH CRAM-MD5", "AUTH LOGIN ***") == [
                "501", "501", "504", "501",
            ])
        #expect(
            try await client.codes("AUTH LOGIN", "*", "AUTH LOGIN b25l", "*") == ["334", "501", "334", "501"])
        #expect(try await client.codes("AUTH LOGIN b25l", "x", "NOOP") == ["334", "501", "250"])
    }

    @Test func `nobody logs in as himself to act as another`() async throws {
        let client = try await secured()
        // two@dispatch.example\0one@dispatch.example\0dp_sk_one
        let other = "dHdvQGRpc3BhdGNoLmV4YW1wbGUAb25lQGRpc3BhdGNoLmV4YW1wbGUAZHBfc2tfb25l"
        #expect(try await client.ask("AUTH PLAIN \(other)").hasPrefix("535"))
    }

    @Test func `who guesses is slowed down and turned away, from any connection and at any name`()
        async throws
    {
        let node = try SMTPNode(MemoryIntake()) {
            $0.maxLoginDelay = .milliseconds(1)
            $0.maxErrors = 100
        }
        let first = try await node.connect()
        try await first.secure()
        for _ in 0..<10 { #expect(try await first.ask("AUTH PLAIN \(wrong)").hasPrefix("535")) }
        #expect(try await first.ask("AUTH PLAIN \(wrong)").hasPrefix("421 4.7.0"))
        #expect(try await first.reply() == "")
        let second = try await node.connect()
        try await second.secure()
        // \0nobody\0wrong: another name, the same address.
        #expect(try await second.ask("AUTH PLAIN AG5vYm9keQB3cm9uZw==").hasPrefix("421 4.7.0"))
        #expect(try await second.reply() == "")
        let third = try await node.connect()
        try await third.secure()
        #expect(try await third.ask("AUTH PLAIN \(good)").hasPrefix("235"))
    }

    @Test func `many connections of one address guess no faster than a few`() async throws {
        let limits = try #require(node.server.policy.logins).limits
        let (address, now) = ("127.0.0.1", MonotonicTime.now())
        limits.failed(address: address, name: "somebody", now: now)
        let held = (0..<LoginGuard.maxHeld).compactMap { _ in
            limits.begin(address: address, name: "somebody", now: now)
        }
        let client = try await secured()
        #expect(try await client.ask("AUTH PLAIN \(good)").hasPrefix("421 4.7.0"))
        #expect(try await client.reply() == "")
        limits.end(try #require(held.first), address: address)
        #expect(try await secured().ask("AUTH PLAIN \(good)").hasPrefix("235"))
        // Its own delay has ended with its answer.
        #expect(try await secured().ask("AUTH PLAIN \(good)").hasPrefix("235"))
    }

    @Test func `with TLS from the first byte the login is offered at once`() async throws {
        let node = try SMTPNode(MemoryIntake()) { $0.isImplicitTLS = true }
        let client = try await node.dial()
        try await client.handshake()
        #expect(try await client.reply().hasPrefix("220 node.example "))
        let offered = try await client.ask("EHLO client.example")
        #expect(offered.contains("AUTH PLAIN LOGIN") && !offered.contains("STARTTLS"))
        #expect(try await client.codes("AUTH PLAIN \(good)", "MAIL FROM:<a@one.example>") == ["235", "250"])
        let plain = try await node.dial()
        try await plain.send("EHLO client.example\r\n")
        #expect(try await plain.reply() == "")
    }

    @Test func `what was said before TLS is forgotten`() async throws {
        let client = try await node.connect()
        _ = try await client.ask("EHLO client.example")
        _ = try await client.ask("STARTTLS")
        try await client.handshake()
        #expect(try await client.ask("AUTH PLAIN \(good)").hasPrefix("503"))
        #expect(try await client.reply() == "")
    }
}

@Suite struct LoginGuardTests {
    private let start = MonotonicTime.now()

    @Test func `each failure makes the next answer later, up to a bound, and then closes`() throws {
        let guardian = LoginGuard()
        var waits: [Duration] = []
        for _ in 0..<12 {
            waits.append(try #require(guardian.wait(address: "a", name: "n", now: start)))
            guardian.failed(address: "a", name: "n", now: start)
        }
        #expect(waits.first == .zero)
        #expect(waits == waits.sorted())
        #expect(waits.last == .seconds(8))
        #expect(guardian.begin(address: "a", name: "n", now: start)?.closes == true)
    }

    @Test func `failures follow the address and the name, in any case`() throws {
        let guardian = LoginGuard()
        for _ in 0..<3 { guardian.failed(address: "a", name: "Name", now: start) }
        #expect(try #require(guardian.wait(address: "a", name: "other", now: start)) > .zero)
        #expect(try #require(guardian.wait(address: "b", name: "nAME", now: start)) > .zero)
        #expect(guardian.wait(address: "b", name: "other", now: start) == .zero)
    }

    @Test func `a success forgets the name, time forgets all`() throws {
        let guardian = LoginGuard()
        for _ in 0..<3 { guardian.failed(address: "a", name: "n", now: start) }
        guardian.succeeded(name: "n")
        #expect(guardian.wait(address: "b", name: "n", now: start) == .zero)
        #expect(try #require(guardian.wait(address: "a", name: "n", now: start)) > .zero)
        #expect(guardian.wait(address: "a", name: "n", now: start.advanced(by: .seconds(900))) == .zero)
    }

    @Test func `an address that has failed has few logins held back at once, others as many as they want`() {
        let guardian = LoginGuard()
        let free = (0..<50).compactMap { guardian.begin(address: "a", name: "n\($0)", now: start) }
        #expect(free.count == 50)
        for delay in free { guardian.end(delay, address: "a") }
        guardian.failed(address: "a", name: "n", now: start)
        let held = (0..<50).compactMap { guardian.begin(address: "a", name: "m\($0)", now: start) }
        #expect(held.count == LoginGuard.maxHeld)
        #expect(guardian.begin(address: "b", name: "m", now: start) != nil)
        // Who guesses at a name from elsewhere does not shut out whoever it belongs to.
        let owner = (0..<50).compactMap { _ in guardian.begin(address: "b", name: "n", now: start) }
        #expect(owner.count == 50 && owner.allSatisfy { $0.wait > .zero })
        for delay in held { guardian.end(delay, address: "a") }
        #expect(guardian.begin(address: "a", name: "m", now: start) != nil)
    }
}

extension LoginGuard {
    /// How long the answer to one login would be held back.
    func wait(address: String, name: String, now: MonotonicTime) -> Duration? {
        guard let delay = begin(address: address, name: name, now: now) else { return nil }
        end(delay, address: address)
        return delay.wait
    }
}
