import Admission
import TestSupport
import Testing

@testable import Doors

/// A refusal means the same at every door: one table says the status of HTTP and the reply of SMTP for each
/// code, and every dialect keeps to it.
@Suite struct DialectRefusalTests {
    /// Lines of the documentation such as "| `mail_loop` | 400 | 554 5.4.6 | … |".
    private static let table: [String: (status: Int, reply: String)] = {
        var table: [String: (Int, String)] = [:]
        for line in ((try? documentation("refusals.md")) ?? "").split(separator: "\n") {
            let cells = line.split(separator: "|").map {
                $0.split(separator: " ").joined(separator: " ").replacing("`", with: "")
            }
            guard cells.count >= 4, let status = Int(cells[1]) else { continue }
            table[cells[0]] = (status, cells[2])
        }
        return table
    }()

    /// The one exception: clients of this dialect tell the month's quota from other refusals by its status.
    private static func status(_ code: Refusal.Code, _ dialect: HTTPDialect) throws -> Int {
        if dialect.name == HTTPDialect.emails.name, code == .quotaExceeded { return 402 }
        return try #require(table[code.rawValue]).status
    }

    @Test func `the table has every code, and nothing else`() {
        #expect(Set(Self.table.keys) == Set(Refusal.Code.allCases.map(\.rawValue)))
    }

    @Test(arguments: Refusal.Code.allCases)
    func `every dialect prints a refusal with the table's status and its own spelling`(
        code: Refusal.Code
    ) async throws {
        let refusal = Refusal(code, "the reason", field: "subject", retryAfterSeconds: 7)
        for dialect in HTTPDialect.all {
            let node = try HTTPNode(MemoryIntake())
            node.intake.refuse(with: refusal)
            let answer = try await dialect.post(dialect.body(), to: node)
            #expect(try answer.status == Self.status(code, dialect), "\(dialect.name): \(answer.body)")
            let shown = dialect.refusal(answer)
            #expect(shown.code == dialect.spells(code.rawValue), "\(dialect.name): \(answer.body)")
            #expect(shown.field == "subject", "\(dialect.name): \(answer.body)")
            #expect(answer.headers["retry-after"] == "7", "\(dialect.name)")
            #expect(answer.body.contains("the reason"), "\(dialect.name): \(answer.body)")
        }
    }

    @Test(arguments: Refusal.Code.allCases)
    func `SMTP says the table's reply, and the same about trying again as HTTP`(code: Refusal.Code) throws {
        let row = try #require(Self.table[code.rawValue])
        let text = String(decoding: Refusal(code, "why").smtpReply.encode(), as: UTF8.self)
        #expect(String(text.prefix(9)) == row.reply, "\(text)")
        // What may pass later is 4xx by SMTP; by HTTP it is 429, 5xx, or the 409 of a request under way.
        let isTemporary = row.status == 429 || row.status >= 500 || code == .requestInProgress
        #expect(isTemporary == text.hasPrefix("4"))
        #expect(isTemporary == Refusal(code, "why").isTemporary)
    }

    @Test(arguments: Refusal.Code.allCases)
    func `a message of a batch is refused with the code that it would have alone`(
        code: Refusal.Code
    ) async throws {
        let batches:
            [(HTTPDialect, path: String, member: String, element: @Sendable (JSONValue) -> JSONValue)] = [
                (.tenants, "\(HTTPDialect.tenants.path)-bulk", "messages", { $0["data"]["results"][0] }),
                (.messages, "/v1/messages/batch", "messages", { $0["data"]["messages"][0] }),
                (.emails, "/api/v1/emails/batch", "emails", { $0["errors"][0] }),
            ]
        for (dialect, path, member, element) in batches {
            let node = try HTTPNode(MemoryIntake())
            node.intake.refuse(with: Refusal(code, "the reason"))
            let one = String(decoding: dialect.body(), as: UTF8.self)
            let answer = try await node.ask(
                "POST", path, headers: ["x-batch-validation: permissive"],
                json: #"{"\#(member)":[\#(one)]}"#)
            #expect(answer.status == 200, "\(dialect.name): \(answer.body)")
            let shown = element(answer.json)
            #expect(
                shown["code"] == .string(dialect.spells(code.rawValue)), "\(dialect.name): \(answer.body)")
            #expect(shown["message"] == "the reason", "\(dialect.name)")
        }
    }
}
