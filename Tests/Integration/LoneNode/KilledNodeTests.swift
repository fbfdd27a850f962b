import EventLoop
import TestSupport
import Testing

/// A node is killed in the middle of its work, again and again, on one directory.
@Suite(.serialized) struct KilledNodeTests {
    private static let kills = 50
    private static let messagesEach = 200
    private static let senders = 6
    private static let connections = 8

    @Test
    func
        `nothing acknowledged is lost and a kill doubles one message for each connection at most`()
        async throws
    {
        let seed = UInt64.random(in: .min ... .max)
        print("seed \(seed)")
        var random = SeededRandom(seed: seed)
        let sink = try MailSink()
        let node = try await LoneNode([
            "DISPATCH_ROUTES": sink.route, "DISPATCH_ROUTE_CONNECTIONS": String(Self.connections),
        ])
        let ledger = KillLedger()
        var inFlight = 0
        for _ in 0..<Self.kills {
            let process = try await node.start()
            inFlight += Self.inFlightAtStart(process)
            let killAfter = Int.random(in: 1...Self.messagesEach, using: &random)
            let delay = Duration.microseconds(Int.random(in: 0...20_000, using: &random))
            try await Self.killWhileSending(node, process, ledger, killAfter: killAfter, delay: delay)
        }
        let last = try await node.start()
        inFlight += Self.inFlightAtStart(last)
        try await last.waitUntilIdle(deadline: .seconds(60))

        let copies = sink.copiesBySubject
        let lost = ledger.acknowledged.filter { copies[$0] == nil }
        let doubles = copies.values.reduce(0) { $0 + $1 - 1 }
        let strangers = copies.keys.filter {
            !ledger.acknowledged.contains($0) && !ledger.unanswered.contains($0)
        }
        print(
            """
            \(Self.kills) kills: \(ledger.acknowledged.count) acknowledged, \
            \(ledger.unanswered.count) unanswered, \(sink.deliveryCount) delivered, \(lost.count) lost, \
            \(doubles) doubled, \(inFlight) recorded as in flight at the kills
            """)
        #expect(ledger.refused == [])
        #expect(lost.isEmpty)
        #expect(strangers.isEmpty)
        #expect(doubles <= Self.kills * Self.connections)
        #expect(ledger.acknowledged.count > Self.kills)
        #expect(try await last.stop() == .code(0))
    }

    /// Sends by several connections, and kills the process once `killAfter` messages of this round were
    /// acknowledged and a little later.
    private static func killWhileSending(
        _ node: LoneNode, _ process: NodeProcess, _ ledger: KillLedger, killAfter: Int, delay: Duration
    ) async throws {
        let caller = try await node.caller()
        let before = ledger.acknowledged.count
        try await withThrowingTaskGroup(of: Void.self) { group in
            let left = Locked(messagesEach)
            let isKilled = Locked(false)
            for _ in 0..<senders {
                group.addTask {
                    while left.withLock({ left in
                        left -= 1
                        return left >= 0
                    }) {
                        // A machine that is busy may leave one without an answer while the process lives.
                        let isAnswered = await send(node.message(ledger.nextSubject()), caller, ledger)
                        guard isAnswered || !isKilled.withLock({ $0 }) else { return }
                    }
                }
            }
            group.addTask {
                try await eventually("\(killAfter) messages", deadline: .seconds(60)) {
                    ledger.acknowledged.count - before >= killAfter ? true : nil
                }
                try await pause(delay)
                isKilled.withLock { $0 = true }
                try await process.kill()
            }
            try await group.waitForAll()
        }
    }

    /// False when no answer came.
    private static func send(_ message: JSONValue, _ caller: APICaller, _ ledger: KillLedger) async -> Bool {
        let subject = message["subject"].text ?? ""
        guard let answer = try? await caller.post("/api/v1/messages", message) else {
            ledger.miss(subject)
            return false
        }
        if answer.status == 202 {
            ledger.acknowledge(subject)
        } else {
            ledger.refuse(subject, "\(answer.status) \(answer.text)")
        }
        return true
    }

    /// What the node says was in flight when the process before it ended.
    private static func inFlightAtStart(_ process: NodeProcess) -> Int {
        process.logLines("spool recovered").first?["in_flight"].integer ?? 0
    }
}
