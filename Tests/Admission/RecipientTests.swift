import Admission
import NodeProtocol
import Testing

@Suite struct RecipientTests {
    @Test func `each recipient gets the message once, whatever field and case name him`() throws {
        let world = try World()
        let admitted = try world.admit(
            composed(to: ["Joe <joe@x.example>, JOE@X.example", "ann@x.example"]) { composed in
                composed.cc = ["joe@x.example"]
                composed.bcc = ["\"joe\"@x.example", "\"Ann\" <ANN@x.example>"]
            })
        #expect(admitted.recipients == ["joe@x.example", "ann@x.example"])
    }

    @Test func `the first mention says whether a recipient is shown, copied or hidden`() throws {
        let world = try World()
        let admitted = try world.admit(
            composed(to: ["joe@x.example"]) { composed in
                composed.cc = ["joe@x.example", "ann@x.example"]
                composed.bcc = ["joe@x.example", "ann@x.example", "spy@x.example"]
            })
        #expect(admitted.recipients == ["joe@x.example", "ann@x.example", "spy@x.example"])
        #expect(admitted.cc == ["ann@x.example"])
        #expect(admitted.bcc == ["spy@x.example"])
        let finished = try world.admit(
            raw(
                ["From: ann@one.example", "To: joe@x.example", "Cc: Joe <joe@x.example>, ann@x.example"],
                to: ["joe@x.example", "ann@x.example"]))
        #expect(finished.cc == ["ann@x.example"])
    }

    @Test func `commas inside names split nothing, groups give their members`() throws {
        let admitted = try World().admit(
            composed(to: ["\"Doe, Joe\" <joe@x.example>, team: a@x.example, b@x.example;,"]))
        #expect(admitted.recipients == ["joe@x.example", "a@x.example", "b@x.example"])
    }

    @Test func `domains are in A-labels, local parts keep their case`() throws {
        let admitted = try World().admit(composed(to: ["Joe.Doe@BÜCHER.example", "jö@x.example"]))
        #expect(admitted.recipients == ["Joe.Doe@xn--bcher-kva.example", "jö@x.example"])
    }

    @Test func `suppressed recipients are left out and told`() throws {
        let world = try World(suppressed: ["joe@x.example", "jö@xn--bcher-kva.example"])
        let admitted = try world.admit(
            composed(to: ["JOE@x.example", "ann@x.example"]) { $0.bcc = ["JÖ@bücher.example"] })
        #expect(admitted.recipients == ["ann@x.example"])
        #expect(admitted.suppressed == ["JOE@x.example", "JÖ@xn--bcher-kva.example"])
        let refusal = world.refusal(of: composed(to: ["Joe@X.example"]))
        #expect(refusal?.code == .recipientSuppressed)
        let finished = try world.admit(
            raw(["From: ann@one.example"], to: ["joe@x.example", "ann@x.example"]))
        #expect(finished.suppressed == ["joe@x.example"])
    }

    @Test func `one tenant's list is not another's`() throws {
        let world = try World(suppressed: ["joe@x.example"])
        let admitted = try world.admit(composed(from: "bob@two.example"), as: "dsp_live_two")
        #expect(admitted.recipients == ["joe@x.example"])
    }

    @Test func `no recipient and too many are refused`() throws {
        let world = try World(limits: .init(maxRecipients: 3), suppressed: ["a3@x.example"])
        #expect(world.refusal(of: composed(to: []))?.code == .missing)
        #expect(world.refusal(of: composed(to: [" , "]))?.code == .missing)
        let four = (0..<4).map { "a\($0)@x.example" }
        #expect(world.refusal(of: composed(to: four))?.code == .tooManyRecipients)
        #expect(world.refusal(of: composed(to: [four.joined(separator: ",")]))?.code == .tooManyRecipients)
        #expect(world.refusal(of: composed(to: Array(four.prefix(3)) + four.prefix(2))) == nil)
    }
}

@Suite struct LimitTests {
    @Test func `an attachment of the whole limit fits, though base64 makes it larger`() throws {
        let world = try World(limits: .init(maxMessageBytes: 100_000))
        func attached(_ count: Int) -> Submission {
            composed {
                $0.attachments = [.init(filename: "f.bin", bytes: [UInt8](repeating: 0xFF, count: count))]
            }
        }
        #expect(try world.admit(attached(99_000)).message.count > 130_000)
        #expect(world.refusal(of: attached(100_001))?.code == .messageTooLarge)
    }

    @Test func `a message larger than the plan allows is refused`() throws {
        let world = try World(limits: .init(maxMessageBytes: 2000))
        #expect(
            world.refusal(of: composed { $0.text = String(repeating: "x\n", count: 1001) })?.code
                == .messageTooLarge)
        #expect(
            world.refusal(of: raw(["From: a@one.example"], body: String(repeating: "x\r\n", count: 700)))?
                .code == .messageTooLarge)
        #expect(world.refusal(of: composed()) == nil)
    }

    @Test func `tags and metadata have limits`() throws {
        let world = try World()
        func refusal(tags: [String] = [], metadata: [String: String] = [:]) -> Refusal? {
            var submission = composed()
            submission.tags = tags
            submission.metadata = metadata
            return world.refusal(of: submission)
        }
        #expect(refusal(tags: (0..<20).map { "t\($0)" }) == nil)
        #expect(refusal(tags: (0..<21).map { "t\($0)" })?.field == "tags")
        #expect(refusal(tags: [""])?.field == "tags")
        #expect(refusal(tags: [String(repeating: "t", count: 129)])?.field == "tags")
        #expect(refusal(metadata: ["k": String(repeating: "v", count: 16_384)])?.field == "metadata")
        let many = Dictionary(uniqueKeysWithValues: (0..<51).map { ("k\($0)", "") })
        #expect(refusal(metadata: many)?.field == "metadata")
    }

    @Test func `quota is taken for those who get it, and its refusal is passed on`() throws {
        let world = try World(suppressed: ["b@x.example"])
        var taken = 0
        _ = try world.admit(composed(to: ["a@x.example", "b@x.example", "c@x.example"])) { taken += $0 }
        #expect(taken == 2)
        #expect(throws: Refusal(.quotaExceeded, "no")) {
            try world.admit(composed()) { (_: Int) throws(Refusal) in throw Refusal(.quotaExceeded, "no") }
        }
        taken = 0
        #expect(throws: Refusal.self) { try world.admit(composed(to: [])) { taken += $0 } }
        #expect(taken == 0)
    }

    @Test func `a time to send counts from then, one in the past from now, and none overflows`() throws {
        let world = try World()
        func admitted(_ scheduledAt: Int64) throws -> Admitted {
            var submission = composed()
            submission.scheduledAt = scheduledAt
            return try world.admit(submission)
        }
        let now = world.now * 1000
        let later = try admitted(now + 1000)
        #expect(later.scheduledAt == now + 1000)
        #expect(later.deadline == now + 1000 + 72 * 3_600_000)
        let past = try admitted(now - 100 * 3_600_000)
        #expect(past.scheduledAt == nil)
        #expect(past.deadline == now + 72 * 3_600_000)
        #expect(try admitted(.min).scheduledAt == nil)
        #expect(throws: Refusal.self) { try admitted(.max) }
    }
}
