import EventLoop
import FoundationEssentials
import NodeProtocol
import TestSupport
import Testing

extension ClusterScenarios {
    /// Idempotency keys that come to more than one node.
    @Suite(.serialized) struct SharedKeysTests {
        /// Two nodes that share the keys, as if they had been there for long.
        private struct World {
            let cluster: Cluster
            let tenant: TestTenant
            let callers: [APICaller]

            init(settled: [String] = ["10 days", "10 days"]) async throws {
                cluster = try await Cluster(nodes: 2)
                tenant = try await cluster.makeTenant("Keys", domain: "keys.example")
                var callers: [APICaller] = []
                for node in cluster.nodes { callers.append(try await node.caller(token: tenant.apiKey)) }
                self.callers = callers
                try await settle(settled)
            }

            func settle(_ ages: [String]) async throws {
                for (place, age) in ages.enumerated() {
                    try await cluster.sql(
                        "UPDATE nodes SET joined_at = now() - interval '\(age)' WHERE number = \(place + 1)")
                }
                try await cluster.sql("SELECT bump_chunk('global')")
                try await cluster.waitUntilNodesHaveEverything()
            }

            func send(_ key: String, to place: Int) async throws -> APICaller.Answer {
                try await callers[place].send(
                    "POST", "/api/v1/messages", tenant.message("s-\(key)"),
                    headers: [(name: "Idempotency-Key", value: key)])
            }

            /// Keys that belong to a node, when both have settled.
            func keys(of place: Int, _ prefix: String, count: Int) -> [String] {
                let nodes = (1...2).map {
                    NodeProtocol.ClusterNode(
                        number: UInt16($0), url: "", controlURL: "", publicKey: .init(), since: 0)
                }
                let owners = KeyOwners(nodes)
                return (0..<1_000).lazy.map { "\(prefix)\($0)" }.filter {
                    owners.owner(of: $0, now: 1 << 32)?.number == UInt16(place + 1)
                }.prefix(count).map(\.self)
            }

            /// How many messages each subject has at the sink: a kill may double a delivery, never a message.
            var messages: [String: Set<String>] {
                var found: [String: Set<String>] = [:]
                for delivery in cluster.sink.deliveries {
                    found[delivery.subject ?? "", default: []].insert(
                        delivery.field("x-dispatch-id") ?? "")
                }
                return found
            }
        }

        @Test func `one key sent to two nodes at the same time is one message`() async throws {
            let world = try await World()
            var numbers: Set<UInt16> = []
            var conflicts = 0
            for round in 0..<200 {
                async let one = world.send("k\(round)", to: 0)
                async let two = world.send("k\(round)", to: 1)
                let answers = try await [one, two]
                conflicts += answers.count { $0.status == 409 }
                #expect(answers.allSatisfy { [202, 409].contains($0.status) }, "\(answers.map(\.text))")
                let ids = Set(answers.filter { $0.status == 202 }.compactMap { $0.json["id"].text })
                #expect(ids.count == 1)
                let later = try await world.send("k\(round)", to: round % 2)
                #expect(later.json["id"].text == ids.first)
                if let id = ids.first.flatMap({ MessageID(text: $0) }) { numbers.insert(id.node) }
            }
            #expect(numbers == [1, 2])
            try await world.cluster.sink.wait(for: 200)
            #expect(world.messages.count == 200)
            #expect(world.messages.values.allSatisfy { $0.count == 1 })
            print("200 keys to two nodes at once: \(conflicts) conflicts, \(world.messages.count) messages")

            // The control plane passes a key on to the same node, and the nodes need it for nothing.
            let relayed = try await world.cluster.api.with(token: world.tenant.apiKey).send(
                "POST", "/api/v1/messages", world.tenant.message("s-k0"),
                headers: [(name: "Idempotency-Key", value: "k0")])
            #expect(relayed.status == 202)
            let known = try await world.send("k0", to: 0).json["id"].text
            #expect(relayed.json["id"].text == known)
            try await world.cluster.controlPlaneProcess.kill()
            let away = try await [world.send("away", to: 0), world.send("away", to: 1)]
            #expect(away.map(\.status) == [202, 202])
            #expect(away[0].json["id"] == away[1].json["id"])
            #expect(away[1].headers.contains { $0.name.lowercased() == "idempotent-replay" })
        }

        @Test func `while the owner of a key is down nobody sends for it`() async throws {
            let world = try await World()
            let keys = world.keys(of: 1, "d", count: 2)
            let first = try await world.send(keys[0], to: 0)
            #expect(first.status == 202)
            try await world.cluster.nodes[1].process.kill()
            for key in keys {
                let answer = try await world.send(key, to: 0)
                #expect(answer.status == 503)
                #expect(answer.headers.contains { $0.name.lowercased() == "retry-after" })
            }
            let mine = world.keys(of: 0, "d", count: 1)[0]
            #expect(try await world.send(mine, to: 0).status == 202)
            try await world.cluster.nodes[1].start()
            #expect(try await world.send(keys[0], to: 0).json["id"] == first.json["id"])
            #expect(try await world.send(keys[1], to: 0).status == 202)
        }

        @Test func `a key of SMTP is one message at whichever node it comes`() async throws {
            let world = try await World()
            for place in 0..<2 {
                for key in world.keys(of: place, "smtp", count: 2) {
                    let mail = KeyedMail(
                        key: key, sender: "app@keys.example", subject: "s-\(key)",
                        username: world.tenant.username, password: world.tenant.password)
                    var replies: Set<String> = []
                    for node in world.cluster.nodes { replies.insert(try await mail.send(to: node.process)) }
                    #expect(replies.count == 1 && replies.first?.contains("queued as") == true, "\(replies)")
                }
            }
            let foreign = world.keys(of: 1, "smtp", count: 1)[0]
            let other = KeyedMail(
                key: foreign, sender: "app@keys.example", subject: "another",
                username: world.tenant.username, password: world.tenant.password)
            #expect(try await other.send(to: world.cluster.node.process).contains("550"))
            try await world.cluster.nodes[1].process.kill()
            #expect(try await other.send(to: world.cluster.node.process).contains("451"))
            try await world.cluster.sink.wait(for: 4)
            #expect(world.messages.values.allSatisfy { $0.count == 1 })
        }

        @Test func `who is no node is refused before the body of a message is received`() async throws {
            let cluster = try await Cluster(nodes: 1)
            try await cluster.waitUntilNodesHaveEverything()
            let address = try cluster.node.process.address(of: "control")
            let hash = RequestSignature.hash(of: [])
            for (told, bytes, status) in [
                ("\(RequestSignature.bodyHashHeader): \(hash)\r\n", 50_000_000, 401), ("", 50_000_000, 413),
            ] {
                let answer = try await TestLoops.run {
                    let http = try await RawHTTP(connectingTo: address)
                    try await http.write(
                        "POST \(PassedMessageAnswer.path) HTTP/1.1\r\nHost: node.test\r\n"
                            + "\(RequestSignature.signerHeader): 1\r\n"
                            + "\(RequestSignature.timeHeader): \(Int64(Date().timeIntervalSince1970))\r\n"
                            + "\(RequestSignature.nonceHeader): abcdefgh\r\n"
                            + "\(RequestSignature.signatureHeader): AAAA\r\n\(told)"
                            + "Content-Length: \(bytes)\r\n\r\n")
                    return try await http.answer()
                }
                #expect(answer?.status == status)
            }
        }

        @Test func `a node that has joined asks the owner of before, and sends nothing that it knows`()
            async throws
        {
            // Neither has settled: the first owns all.
            let world = try await World(settled: [])
            let keys = world.keys(of: 1, "j", count: 5)
            var ids: [String?] = []
            for key in keys {
                let answer = try await world.send(key, to: 1)
                ids.append(answer.json["id"].text)
                #expect(answer.json["id"].text.flatMap { MessageID(text: $0) }?.node == 1)
            }
            try await world.settle(["10 days", "150 seconds"])
            for (key, id) in zip(keys, ids) {
                for place in 0..<2 {
                    #expect(try await world.send(key, to: place).json["id"].text == id)
                }
            }
            for key in world.keys(of: 1, "n", count: 5) {
                let answer = try await world.send(key, to: 0)
                #expect(answer.json["id"].text.flatMap { MessageID(text: $0) }?.node == 2)
            }
            try await world.cluster.node.process.kill()
            let new = world.keys(of: 1, "m", count: 1)[0]
            #expect(try await world.send(new, to: 1).status == 503)
            #expect(try await world.send(keys[0], to: 1).json["id"].text == ids[0])
        }

        @Test func `whoever is killed, and whenever, a key is one message`() async throws {
            let world = try await World()
            let ids = Locked<[String: Set<String>]>([:])
            let next = Locked(0)
            let isOver = Locked(false)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        while !isOver.withLock({ $0 }) {
                            let key = next.withLock { next in
                                next += 1
                                return "x\(next)"
                            }
                            try await Self.sendUntilBothAgree(key, world, ids)
                        }
                    }
                }
                var random = SeededRandom(seed: 11)
                for _ in 0..<16 {
                    try await pause(.milliseconds(Int.random(in: 20...300, using: &random)))
                    let node = world.cluster.nodes[Int.random(in: 0...1, using: &random)]
                    try await node.process.kill()
                    try await node.start()
                }
                isOver.withLock { $0 = true }
                try await group.waitForAll()
            }
            let sent = ids.withLock { $0 }
            print("16 kills: \(sent.count) keys sent to both nodes")
            #expect(sent.values.allSatisfy { $0.count == 1 })
            try await eventually("every message at the sink") {
                world.messages.count == sent.count ? true : nil
            }
            #expect(world.messages.values.allSatisfy { $0.count == 1 })
        }

        /// Sends to one node after the other until each has accepted.
        private static func sendUntilBothAgree(
            _ key: String, _ world: World, _ ids: Locked<[String: Set<String>]>
        ) async throws {
            for place in 0..<2 {
                while true {
                    if let answer = try? await world.send(key, to: place), answer.status == 202 {
                        ids.withLock { _ = $0[key, default: []].insert(answer.json["id"].text ?? "") }
                        break
                    }
                    try await pause(.milliseconds(20))
                }
            }
        }
    }
}
