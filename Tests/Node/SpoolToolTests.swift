import FoundationEssentials
import NodeProtocol
import Testing

@testable import Node
@testable import Spool

/// The words of `mta-node spool`, and what it counts.
@Suite struct SpoolToolTests {
    private let tenant = TenantID(UUID())
    private let id = MessageID(milliseconds: 1_700_000_000_000, node: 1, random: (1, 2))

    @Test func `the words of a command are read, and others are refused with what is wanted`() throws {
        #expect(try SpoolCommand.parse([]) == .help)
        #expect(try SpoolCommand.parse(["adopt", "--help"]) == .help)
        #expect(
            try SpoolCommand.parse([
                "inspect", "/d", "--tenant", tenant.description, "--destination", "Example.ORG", "--state",
                "in_flight", "--limit", "3", "--json",
            ])
                == .inspect(
                    directory: "/d", tenant: tenant, destination: "example.org", state: "in_flight", limit: 3,
                    asJSON: true))
        #expect(
            try SpoolCommand.parse(["inspect", "/d", id.description, "--body"])
                == .message(directory: "/d", id, asJSON: false, bodyOnly: true))
        #expect(
            try SpoolCommand.parse(["adopt", "/d", "--journal", "export", "/f", "--reported", "7"])
                == .adopt(directory: "/d", .export("/f"), reportedUpTo: 7, asJSON: false))
        for words in [
            ["look"], ["inspect"], ["inspect", "/d", "no-id"], ["inspect", "/d", "--state", "lost"],
            ["inspect", "/d", "--limit", "-1"], ["inspect", "/d", "--tenant"], ["inspect", "/d", "--body"],
            ["inspect", "/d", id.description, "--limit", "1"], ["inspect", "/d", "--quick"], ["adopt"],
            ["adopt", "/a", "/b"], ["adopt", "/a", "--journal", "burn"],
            ["adopt", "/a", "--journal", "export"],
        ] {
            #expect(throws: SpoolTool.Misuse.self, "\(words)") { try SpoolCommand.parse(words) }
        }
    }

    private func entry(_ number: Int, _ recipients: [String], updates: [[UInt8]] = []) -> Recovery.Entry {
        let accepted = Event.Accepted(
            origin: Event.Origin(kind: .apiKey, id: "k", door: "ingest"), from: "a@example.com",
            envelopeSender: "a@example.com", recipients: recipients, subject: "s",
            messageIDHeader: "<1@example.com>", bodyBytes: 10, hasAttachments: false, tags: [], metadata: [:],
            isTest: false, scheduledAt: nil)
        let mail = MailEntry(tenant: tenant, acceptedAt: 1, deadline: 100, log: accepted)
        return Recovery.Entry(
            id: MessageID(milliseconds: 1_700_000_000_000 + UInt64(number), node: 1, random: (1, 2)),
            header: Entry.mail(mail).encoded(), updates: updates)
    }

    @Test func `entries are counted by tenant, destination and state, and filters leave the rest out`() {
        let entries = [
            entry(1, ["a@one.example", "b@one.example", "c@two.example"]),
            entry(
                2, ["a@two.example"],
                updates: [
                    SpoolUpdate.started(attempt: 1, recipients: [0]).encoded()
                ]),
        ]
        var all = SpoolTally(SpoolTally.Filter(), limit: 1)
        for entry in entries { all.add(entry) }
        #expect(all.all.entries == 2 && all.all.recipients == 4 && all.all.bytes == 20)
        #expect(all.byDestination["one.example"]?.recipients == 2)
        #expect(all.byDestination["one.example"]?.entries == 1)
        #expect(all.byDestination["two.example"]?.entries == 2)
        #expect(all.byState["queued"]?.recipients == 3 && all.byState["in_flight"]?.recipients == 1)
        #expect(all.byTenant[tenant.description]?.entries == 2)
        #expect(all.oldest.map(\.id) == [entries[0].id.description])
        #expect(all.oldestMilliseconds == entries[0].id.milliseconds)

        var some = SpoolTally(SpoolTally.Filter(destination: "two.example", state: "in_flight"), limit: 5)
        for entry in entries { some.add(entry) }
        #expect(some.all.entries == 1 && some.all.recipients == 1)
        #expect(some.oldest.map(\.id) == [entries[1].id.description])
        var none = SpoolTally(SpoolTally.Filter(tenant: TenantID(UUID())), limit: 5)
        for entry in entries { none.add(entry) }
        #expect(none.all.entries == 0 && none.oldest.isEmpty)
    }

    @Test func `a header of a later program is counted and passed over`() {
        var tally = SpoolTally(SpoolTally.Filter(), limit: 5)
        tally.add(Recovery.Entry(id: id, header: [0xFF], updates: []))
        #expect(tally.unreadable == 1 && tally.all.entries == 0)
    }

    @Test func `a lost message is told of by an event that a crash cannot take`() throws {
        let group = LostMessage.group(id, tenant: nil, node: 3, at: 5)
        guard case .update(id, let payload)? = group.records.first, case .closed(id)? = group.records.last,
            case .events(let derived)? = SpoolUpdate(decoding: payload)
        else {
            Issue.record("\(group.records)")
            return
        }
        let told = group.events.compactMap { EventRecord($0[...])?.event }
        #expect(told == derived)
        #expect(told.map(\.kind) == [.failed])
        #expect(told.first?.recipient == nil && told.first?.tenant == .unknown)
    }
}
