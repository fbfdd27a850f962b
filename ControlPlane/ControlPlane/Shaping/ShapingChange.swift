import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres
import Times

/// What makes one state of the operators' rows of another: which rows are stored and which deleted.
struct ShapingChange: Encodable, Sendable {
    enum Verb: String, Encodable, Sendable { case created, replaced, deleted }

    /// One row of it.
    struct Step: Encodable, Sendable {
        let table: String
        let id: String
        let change: Verb
        fileprivate let word: String
        /// The row as it will be, or was, in JSON: for the audit log.
        fileprivate let row: String

        enum CodingKeys: CodingKey { case table, id, change }
    }

    private(set) var changes: [Step] = []

    static let schema = Schema.record([
        "changes": .array(
            .record([
                "table": .string.example("rules"), "id": .string.example("later"),
                "change": .choice("created", "replaced", "deleted"),
            ]))
    ])

    private typealias Write = @Sendable (PostgresConnection) async throws -> Void
    private var writes: [Write] = []

    enum CodingKeys: CodingKey { case changes }

    init(from before: ShapingRows, to after: ShapingRows) {
        // What is referred to is stored first.
        add(ProviderRow.self, before, after)
        add(RuleRow.self, before, after)
        add(WarmUpRow.self, before, after)
        add(SourceRow.self, before, after)
        add(PoolRow.self, before, after)
    }

    /// Writes the rows, and each change to the audit log.
    func write(_ connection: PostgresConnection, by actor: AuditActor) async throws {
        for write in writes { try await write(connection) }
        for step in changes {
            try await Audit.write(
                connection, actor, tenant: nil, "\(step.word).\(step.change.rawValue)",
                record: (step.word, step.id), detail: ["row": step.row])
        }
    }

    private mutating func add<Row: ShapingRow>(
        _ type: Row.Type, _ before: ShapingRows, _ after: ShapingRows
    ) {
        let old = Dictionary(before[keyPath: Row.place].map { ($0.id, $0) }) { first, _ in first }
        let new = Dictionary(after[keyPath: Row.place].map { ($0.id, $0) }) { first, _ in first }
        let gone = old.keys.filter { new[$0] == nil }.sorted()
        for id in gone { if let row = old[id] { note(row, .deleted) } }
        if !gone.isEmpty { writes.append { try await Row.delete(gone, $0) } }
        for row in after[keyPath: Row.place] where old[row.id] != row {
            note(row, old[row.id] == nil ? .created : .replaced)
            writes.append { try await row.store($0) }
        }
    }

    private mutating func note<Row: ShapingRow>(_ row: Row, _ verb: Verb) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .wholeSeconds
        let text = (try? encoder.encode(row)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        changes.append(
            Step(
                table: Row.table.rawValue, id: row.id, change: verb, word: Row.table.word, row: text))
    }
}
