import HTTP
import Postgres

/// One of the five tables that an operator says how mail leaves by.
enum ShapingTable: String, CaseIterable, Sendable {
    case providers, rules, sources, pools
    case warmUps = "warm-ups"

    /// One row of it, for sentences, the audit log and codes of errors.
    var word: String {
        switch self {
        case .providers: "provider"
        case .rules: "rule"
        case .sources: "source"
        case .pools: "pool"
        case .warmUps: "warm_up"
        }
    }
}

/// A row of a shaping table as operators write and read it: `Codable` by the names of the API.
///
/// It is written to the database only as part of a change of the whole; see `ShapingStore`.
protocol ShapingRow: Codable, Equatable, Sendable {
    static var table: ShapingTable { get }
    static var schema: Schema { get }
    /// Where the rows of this kind lie among all.
    static var place: WritableKeyPath<ShapingRows, [Self]> { get }

    var id: String { get }
    /// The row as the database gives it back: what was left out has its default.
    var normal: Self { get }

    /// Every row, in the order in which they hold.
    static func load(_ connection: PostgresConnection) async throws -> [Self]
    /// Inserts the row or replaces the one with its id.
    func store(_ connection: PostgresConnection) async throws
    static func delete(_ ids: [String], _ connection: PostgresConnection) async throws
}
