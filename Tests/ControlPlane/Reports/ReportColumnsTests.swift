import FoundationEssentials
import NodeProtocol
import Postgres
import TestSupport
import Testing

@testable import ControlPlane

/// Rows of a report travel to the database as columns: nothing of them may be lost or change on the way.
@Suite(.enabled(if: TestPostgres.isInstalled)) struct ReportColumnsTests {
    private static let odd = [
        "quote\" and 'quote'", "back\\slash", "comma, {brace}", "NULL", "", "line\r\nfeed\t", "\u{1}\u{1F}",
        "ümlaut 📧",
        "{}", "%s $1",
    ]

    @Test func `texts of any kind come into the log as they are`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let story = Story(tenant: try await control.tenant(token), node: node.number)
        var record = story.accepted()
        record.event.accepted?.tags = Self.odd
        record.event.accepted?.metadata = Dictionary(uniqueKeysWithValues: Self.odd.map { ("\($0) key", $0) })
        record.event.accepted?.subject = Self.odd.joined()
        record.event.accepted?.recipients = Self.odd.map { "\($0)@example.org" }
        var delivered = story.event(.delivered, to: "\(Self.odd[0])@example.org")
        delivered.response = Event.Response(code: 250, text: Self.odd.joined())
        #expect(try await node.report([(1, record), (2, EventRecord(delivered))]).status == 200)
        let rows = try await control.context.pool.query(
            """
            SELECT tags, metadata, subject, to_addresses, (
                SELECT detail ->> 'response' FROM events WHERE kind = 'delivered') AS response, (
                SELECT array_agg(tag ORDER BY tag) FROM email_tags) AS tag_rows
            FROM emails
            """, as: .system)
        let row = try #require(rows.first)
        #expect(try row["tags", as: [String].self] == Self.odd)
        #expect(try row["subject", as: String.self] == Self.odd.joined())
        #expect(try row["to_addresses", as: [String].self] == Self.odd.map { "\($0)@example.org" })
        #expect(try row["response", as: String.self] == Self.odd.joined())
        #expect(try Set(row["tag_rows", as: [String].self]) == Set(Self.odd))
        let metadata = try row.decode("metadata", as: [String: String].self)
        #expect(metadata == Dictionary(uniqueKeysWithValues: Self.odd.map { ("\($0) key", $0) }))
        await node.stop()
        await control.stop()
    }

    /// What becomes of a recipient: nil is nothing yet.
    private static let outcomes: [(kind: EventKind, category: String?)?] = [
        nil, (.deferred, nil), (.delivered, nil), (.bounced, "NoMailbox"), (.bounced, "SpamBlock"),
        (.expired, "QuotaIssues"), (.failed, nil), (.cancelled, nil), (.suppressed, nil),
    ]

    private static func outcome(
        _ story: Story, _ number: Int, to recipient: String, after milliseconds: Int64
    ) -> EventRecord? {
        guard let (kind, category) = outcomes[number] else { return nil }
        var event = story.event(kind, to: recipient, after: milliseconds)
        event.attempt = [.cancelled, .suppressed].contains(kind) ? nil : number
        if let category {
            event.classification = Event.Classification(category: category, action: "bounce", rule: "r")
        }
        return EventRecord(event)
    }

    @Test func `a message comes to the same whether its outcomes are told with it or afterwards`()
        async throws
    {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let tenant = try await control.tenant(token)
        var (whole, first, second): ([EventRecord], [EventRecord], [EventRecord]) = ([], [], [])
        for one in Self.outcomes.indices {
            for other in Self.outcomes.indices {
                for isWhole in [true, false] {
                    let story = Story(tenant: tenant, node: node.number)
                    var accepted = story.accepted(to: ["a@example.org", "b@example.org"])
                    accepted.event.accepted?.subject = "\(one)-\(other)"
                    accepted.event.accepted?.tags = [isWhole ? "whole" : "parts"]
                    let told = [
                        Self.outcome(story, one, to: "a@example.org", after: 100),
                        Self.outcome(story, other, to: "b@example.org", after: 200),
                    ].compactMap(\.self)
                    if isWhole {
                        whole += [accepted] + told
                    } else {
                        (first, second) = (first + [accepted], second + told)
                    }
                }
            }
        }
        var seq: UInt64 = 0
        for records in [whole, first, second] {
            let numbered = records.map { record in
                seq += 1
                return (seq: seq, record: record)
            }
            #expect(try await node.report(numbered).body["acknowledged"].integer == Int(seq))
        }
        let same: @Sendable (String) async throws -> Int = { columns in
            try await control.context.pool.query(
                """
                SELECT count(*) AS n FROM emails w JOIN emails p ON p.subject = w.subject AND p.tags <> w.tags
                WHERE w.tags = '{whole}' AND (\(unsafeColumns(columns, "w"))) IS NOT DISTINCT FROM
                    (\(unsafeColumns(columns, "p")))
                """, as: .system
            ).first?["n"] ?? -1
        }
        let count = Self.outcomes.count * Self.outcomes.count
        #expect(try await same("status, bounce_type, bounce_class") == count)
        #expect(try await same("sent_at IS NULL, delivered_at IS NULL, bounced_at IS NULL") == count)
        #expect(try await control.count("SELECT count(*) AS n FROM email_recipients") == 4 * count)
        await node.stop()
        await control.stop()
    }

    @Test func `a message that is told twice, in one report or in two, stays one`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token)
        let story = Story(tenant: try await control.tenant(token), node: node.number)
        let records = story.deliveredAndBounced().map(\.record)
        let told = [records[0]] + records + [records[0], records[2]]
        let numbered = told.enumerated().map { (seq: UInt64($0.offset + 1), record: $0.element) }
        #expect(try await node.report(Array(numbered.prefix(5))).status == 200)
        #expect(try await node.report(numbered).body["acknowledged"].integer == told.count)
        #expect(try await control.count("SELECT count(*) AS n FROM emails WHERE status = 'bounced'") == 1)
        #expect(try await control.count("SELECT count(*) AS n FROM email_recipients") == 2)
        #expect(try await control.count("SELECT count(*) AS n FROM email_tags") == 1)
        await node.stop()
        await control.stop()
    }
}

/// Columns under an alias. For text of the test itself.
private func unsafeColumns(_ columns: String, _ alias: String) -> SQL {
    SQL(unsafe: columns.split(separator: ", ").map { "\(alias).\($0)" }.joined(separator: ", "))
}
