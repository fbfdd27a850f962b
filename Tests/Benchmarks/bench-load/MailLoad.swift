import EventLoop

/// Sends mail at a constant rate over kept sessions, each message to a recipient of its own, and notes when
/// the server took it.
struct MailLoad {
    private let address: SocketAddress
    private let rate: Int
    private let count: Int
    private let sessions: Int
    private let sender: String
    private let domain: String
    private let content: [UInt8]
    private let ledger: String?

    init(_ arguments: inout Arguments) throws {
        let target = try arguments.required("--target")
        guard let address = SocketAddress(target) else {
            throw Arguments.Mistake(description: "\(target) is no address")
        }
        self.address = address
        rate = try arguments.int("--rate", default: 0)
        count = try arguments.int("--count", default: 1)
        sessions = try arguments.int("--sessions", default: 16)
        sender = try arguments.required("--from")
        domain = try arguments.required("--domain")
        ledger = arguments.text("--ledger")
        content = Self.content(sender: sender, bytes: try arguments.int("--bytes", default: 4_096))
        try arguments.finish()
    }

    func run(on loop: EventLoop) async throws -> String {
        let ledger = try self.ledger.map { LoopBound(try Ledger(path: $0), on: loop) }
        let schedule = Schedule.start(rate: rate, count: count, on: loop)
        let results = LoopBound((latencies: Latencies(), next: 0, error: ""), on: loop)
        await withTaskGroup(of: Void.self) { tasks in
            for _ in 0..<min(sessions, count) {
                tasks.addTask {
                    var open: Connection?
                    while let planned = await schedule.value.next() {
                        results.value.next += 1
                        let name = "m\(results.value.next)"
                        do {
                            let session = if let open { open } else { try await greeted() }
                            open = session
                            try await send(name, over: session)
                            let now = MonotonicTime.now()
                            results.value.latencies.add(now - planned)
                            ledger?.value.add(name.utf8, at: now)
                        } catch {
                            open?.close()
                            open = nil
                            results.value.latencies.fail()
                            results.value.error = "\(error)"
                        }
                    }
                    open?.close()
                }
            }
        }
        ledger?.value.flush()
        if !results.value.error.isEmpty { complain("the last failure: \(results.value.error)") }
        return "{\(results.value.latencies.summary())}"
    }

    private func greeted() async throws -> Connection {
        let session = try await Connection(to: address)
        try await session.reply("220")
        try await session.command("EHLO load.bench.example", "250")
        return session
    }

    private func send(_ name: String, over session: Connection) async throws {
        try await session.command("MAIL FROM:<\(sender)>", "250")
        try await session.command("RCPT TO:<\(name)@\(domain)>", "250")
        try await session.command("DATA", "354")
        try await session.write(content)
        try await session.reply("250")
    }

    /// About so many bytes, with the final dot.
    static func content(sender: String, bytes: Int) -> [UInt8] {
        let head = "From: \(sender)\r\nTo: someone@bench.example\r\nSubject: Hello\r\n\r\n"
        let line = String(repeating: "0123456789", count: 6) + "ab\r\n"
        let lines = String(repeating: line, count: max(1, (bytes - head.utf8.count) / 64))
        return Array("\(head)\(lines).\r\n".utf8)
    }
}
