import Glibc
import TestSupport
import Testing

/// A node takes over what a dead one holds.
@Suite(.serialized) struct AdoptionTests {
    private static let messages = 40

    /// A node that accepted messages, delivered none of them, and died.
    private static func dead() async throws -> LoneNode {
        let node = try await LoneNode(["DISPATCH_HOLD_DELIVERY": "true"])
        let process = try await node.start()
        let caller = try await node.caller()
        for number in 1...messages {
            // Long enough for some batches.
            let text = String(repeating: "A line of the message.\r\n", count: 5_000)
            try await caller.must("POST", "/api/v1/messages", node.message("mail-\(number)", text: text))
        }
        try await process.kill()
        return node
    }

    private static func settings(_ directory: TemporaryDirectory) -> [String: String] {
        [
            "DISPATCH_NODE_DIR": directory.file("node"), "DISPATCH_MIN_FREE_PERCENT": "0",
            "DISPATCH_MIN_FREE_INODES_PERCENT": "0",
        ]
    }

    private static func runningNode(
        _ directory: TemporaryDirectory, _ sink: MailSink
    ) async throws -> NodeProcess {
        try await NodeProcess(
            directory: directory.file("node"),
            settings: ["DISPATCH_CONTROL_URL": "http://127.0.0.1:9", "DISPATCH_ROUTES": sink.route])
    }

    @Test func `every message is sent once, by the adopter, and neither node can send it again`()
        async throws
    {
        let dead = try await Self.dead()
        let own = try dead.sibling(number: 2)
        let settings = Self.settings(own)

        let unsaid = try await SpoolTools.run(["spool", "adopt", dead.path], settings: settings)
        #expect(unsaid.exit == .code(1))
        #expect(unsaid.errors.contains("\(Self.messages) events that were not reported"), "\(unsaid.errors)")
        let adopt = ["spool", "adopt", dead.path, "--journal", "report", "--json"]
        let adopted = try await SpoolTools.run(adopt, settings: settings)
        #expect(adopted.exit == .code(0), "\(adopted.errors)")
        #expect(adopted.json["adopted"].integer == Self.messages)
        #expect(adopted.json["events_reported"].integer == Self.messages)

        let again = try await SpoolTools.run(adopt, settings: settings)
        #expect(again.exit == .code(1))
        #expect(again.errors.contains("was adopted by node 2"), "\(again.errors)")
        let third = try dead.sibling(number: 3)
        let stranger = try await SpoolTools.run(adopt, settings: Self.settings(third))
        #expect(stranger.errors.contains("was adopted by node 2"), "\(stranger.errors)")
        let old = try await SpoolTools.run(["run"], settings: Self.settings(dead.directory))
        #expect(old.exit == .code(1))
        #expect(old.errors.contains("its messages are sent from there"), "\(old.errors)")

        let sink = try MailSink()
        let process = try await Self.runningNode(own, sink)
        try await sink.wait(for: Self.messages)
        try await process.waitUntilIdle()
        #expect(sink.copiesBySubject.count == Self.messages)
        #expect(sink.copiesBySubject.values.allSatisfy { $0 == 1 })
        // What the dead node had to report, and what became of it.
        try await eventually("the events of both nodes to wait for the control plane") {
            try await process.health()["journal_behind"].integer == 2 * Self.messages ? true : nil
        }
    }

    @Test func `an adoption that is killed at any moment is finished by running it again`() async throws {
        let seed = UInt64.random(in: .min ... .max)
        print("seed \(seed)")
        var random = SeededRandom(seed: seed)
        let dead = try await Self.dead()
        let own = try dead.sibling(number: 2)
        let settings = Self.settings(own)
        let adopt = ["spool", "adopt", dead.path, "--journal", "report"]
        var kills = 0
        var refusals = 0
        while true {
            let child = try ChildProcess([try Products.path("mta-node")] + adopt, environment: settings)
            if kills < 15 {
                try await eventually("the beginning") {
                    Files.exists(own.file("node/adoption.json")) || child.poll() != nil ? true : nil
                }
                try await pause(.microseconds(Int.random(in: 0...200_000, using: &random)))
                child.kill(SIGKILL)
            }
            let exit = try await child.wait()
            // The kill before this one may have come when all was done but the exit.
            let wasDone = kills > 0 && child.text(of: .standardError).contains("was adopted by node 2")
            if exit == .code(0) || wasDone { break }
            try #require(exit == .signal(SIGKILL), "\(child.text(of: .standardError))")
            kills += 1
            if Files.exists(own.file("node/adoption.json")) {
                let refused = try await SpoolTools.run(["run"], settings: settings)
                #expect(refused.exit == .code(1) && refused.errors.contains("was not finished"))
                refusals += 1
            }
        }
        print("\(kills) kills, \(refusals) of them in the middle")
        #expect(refusals > 0)
        let sink = try MailSink()
        let process = try await Self.runningNode(own, sink)
        try await sink.wait(for: Self.messages)
        try await process.waitUntilIdle()
        #expect(sink.copiesBySubject.count == Self.messages)
        #expect(sink.copiesBySubject.values.allSatisfy { $0 == 1 })
        try await eventually("the events of both nodes to wait for the control plane") {
            try await process.health()["journal_behind"].integer == 2 * Self.messages ? true : nil
        }
    }

    @Test func `a request that is repeated at the adopter gets the first answer, and sends nothing again`()
        async throws
    {
        let dead = try await LoneNode(["DISPATCH_HOLD_DELIVERY": "true"])
        func send(_ caller: APICaller, _ key: String) async throws -> APICaller.Answer {
            try await caller.send(
                "POST", "/api/v1/messages", dead.message("s-\(key)"),
                headers: [(name: "Idempotency-Key", value: key)])
        }
        let process = try await dead.start()
        var first: [APICaller.Answer] = []
        for key in ["k1", "k2"] { first.append(try await send(dead.caller(), key)) }
        #expect(first.map(\.status) == [202, 202])
        try await process.kill()

        let own = try dead.sibling(number: 2)
        let adopted = try await SpoolTools.run(
            ["spool", "adopt", dead.path, "--journal", "report", "--json"], settings: Self.settings(own))
        #expect(adopted.exit == .code(0), "\(adopted.errors)")
        #expect(adopted.json["keys"].integer ?? 0 >= 2)
        let sink = try MailSink()
        // A second start has them as well.
        var adopter = try await Self.runningNode(own, sink)
        try await adopter.kill()
        adopter = try await Self.runningNode(own, sink)
        let caller = try await APICaller(adopter.httpURL, token: dead.fixture.apiKey)
        for (key, before) in zip(["k1", "k2"], first) {
            let again = try await send(caller, key)
            #expect(again.status == 202 && again.json["id"] == before.json["id"], "\(again.text)")
        }
        let other = try await caller.send(
            "POST", "/api/v1/messages", dead.message("another"),
            headers: [(name: "Idempotency-Key", value: "k1")])
        #expect(other.status == 409)
        try await sink.wait(for: 2)
        try await adopter.waitUntilIdle()
        #expect(Set(sink.deliveries.map { $0.field("x-dispatch-id") }).count == 2)
    }

    @Test func `events that were not reported can be left or exported`() async throws {
        let dead = try await Self.dead()
        let file = dead.directory.file("events")
        let own = try dead.sibling(number: 2)
        let exported = try await SpoolTools.run(
            ["spool", "adopt", dead.path, "--journal", "export", file, "--json"],
            settings: Self.settings(own))
        #expect(exported.exit == .code(0), "\(exported.errors)")
        #expect(exported.json["events_exported"].integer == Self.messages)
        #expect(try Files.read(file).count > Self.messages * 100)

        let other = try await Self.dead()
        let heir = try other.sibling(number: 2)
        let left = try await SpoolTools.run(
            ["spool", "adopt", other.path, "--journal", "leave", "--json"], settings: Self.settings(heir))
        #expect(left.json["adopted"].integer == Self.messages, "\(left.errors)")
        #expect(left.json["events_left"].integer == Self.messages)
    }

    @Test func `a running node is neither adopted nor an adopter, and a directory not by itself`()
        async throws
    {
        let dead = try await Self.dead()
        let own = try dead.sibling(number: 2)
        let adopt = ["spool", "adopt", dead.path, "--journal", "leave"]
        try await dead.start()
        let living = try await SpoolTools.run(adopt, settings: Self.settings(own))
        #expect(living.exit == .code(1) && living.errors.contains("is in use by process"))
        try await dead.process.kill()

        let process = try await Self.runningNode(own, try MailSink())
        let busy = try await SpoolTools.run(adopt, settings: Self.settings(own))
        #expect(busy.exit == .code(1) && busy.errors.contains("is in use by process"))
        try await process.kill()
        let itself = try await SpoolTools.run(adopt, settings: Self.settings(dead.directory))
        #expect(itself.exit == .code(1) && itself.errors.contains("own directory"))
    }
}
