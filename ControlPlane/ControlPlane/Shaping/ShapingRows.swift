import HTTP
import NodeProtocol
import Postgres

/// All that operators have said of how mail leaves, without what is built in.
struct ShapingRows: Codable, Equatable, Sendable {
    /// Of rows whose order nobody has given.
    static let defaultPosition = 100

    var providers: [ProviderRow] = []
    var rules: [RuleRow] = []
    var sources: [SourceRow] = []
    var pools: [PoolRow] = []
    var warmUps: [WarmUpRow] = []

    enum CodingKeys: String, CodingKey {
        case providers, rules, sources, pools
        case warmUps = "warm_ups"
    }

    static let schema = Schema.object([
        "providers": .array(ProviderRow.schema).required, "rules": .array(RuleRow.schema).required,
        "sources": .array(SourceRow.schema).required, "pools": .array(PoolRow.schema).required,
        "warm_ups": .array(WarmUpRow.schema).required,
    ]).named("ShapingRows")

    init() {}

    init(_ shaping: Shaping) {
        providers = shaping.providers.map { ProviderRow($0) }
        rules = shaping.rules.map { RuleRow($0) }
        sources = shaping.sources.map { SourceRow($0) }
        pools = shaping.pools.map { PoolRow($0) }
        warmUps = shaping.warmUps.map { WarmUpRow($0) }
    }

    /// The rows as nodes read them, in their order.
    var shaping: Shaping {
        Shaping(
            providers: providers.map(\.provider), rules: rules.map(\.rule), sources: sources.map(\.source),
            pools: pools.map(\.pool), warmUps: warmUps.map(\.plan))
    }

    /// What is in force with them: the built-in rows beneath, those with an id of theirs replaced.
    var effective: Shaping { Shaping.effective(shaping) }

    static func load(_ connection: PostgresConnection) async throws -> ShapingRows {
        var rows = ShapingRows()
        rows.providers = try await ProviderRow.load(connection)
        rows.rules = try await RuleRow.load(connection)
        rows.sources = try await SourceRow.load(connection)
        rows.pools = try await PoolRow.load(connection)
        rows.warmUps = try await WarmUpRow.load(connection)
        return rows
    }

    /// The rows as the database gives them back: defaults filled in, in their order.
    var normal: ShapingRows {
        var rows = ShapingRows()
        rows.providers = providers.map(\.normal).sorted {
            ($0.position ?? 0, $0.id) < ($1.position ?? 0, $1.id)
        }
        rows.rules = rules.map(\.normal).sorted {
            ($0.position ?? 0, $0.id) < ($1.position ?? 0, $1.id)
        }
        rows.sources = sources.map(\.normal).sorted { $0.id < $1.id }
        rows.pools = pools.map(\.normal).sorted { $0.id < $1.id }
        rows.warmUps = warmUps.map(\.normal).sorted { $0.id < $1.id }
        return rows
    }
}
