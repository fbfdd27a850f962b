import HTTP
import NodeProtocol

/// Where a row of the shaping tables comes from.
enum ShapingOrigin: String, Encodable, Sendable {
    case builtIn = "built_in"
    case `operator`
}

/// A row with where it comes from.
struct ShownRow<Row: ShapingRow>: Encodable, Sendable {
    let row: Row
    let origin: ShapingOrigin

    static var schema: Schema {
        Row.schema.with(["origin": .choice("operator", "built_in")]).named("Shown\(Row.self)")
    }

    private enum CodingKeys: CodingKey { case origin }

    func encode(to encoder: any Encoder) throws {
        try row.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(origin, forKey: .origin)
    }
}

/// What is in force, as operators see it.
struct ShapingView: Encodable, Sendable {
    struct Problem: Encodable, Sendable {
        let path: String
        let message: String
    }

    let providers: [ShownRow<ProviderRow>]
    let rules: [ShownRow<RuleRow>]
    let sources: [ShownRow<SourceRow>]
    let pools: [ShownRow<PoolRow>]
    let warmUps: [ShownRow<WarmUpRow>]
    let problems: [Problem]

    static let schema = Schema.record([
        "providers": .array(ShownRow<ProviderRow>.schema), "rules": .array(ShownRow<RuleRow>.schema),
        "sources": .array(ShownRow<SourceRow>.schema), "pools": .array(ShownRow<PoolRow>.schema),
        "warm_ups": .array(ShownRow<WarmUpRow>.schema),
        "problems": .array(.record(["path": .string, "message": .string])),
    ]).named("Shaping")

    /// - Parameters:
    ///   - effective: what is in force, built-in rows included.
    ///   - own: the operators' rows of it.
    init(_ effective: ShapingRows, of own: ShapingRows, problems: [ShapingProblem]) {
        providers = Self.shown(effective, own)
        rules = Self.shown(effective, own)
        sources = Self.shown(effective, own)
        pools = Self.shown(effective, own)
        warmUps = Self.shown(effective, own)
        self.problems = problems.map { Problem(path: $0.apiPath, message: $0.text) }
    }

    private static func shown<Row: ShapingRow>(
        _ effective: ShapingRows, _ own: ShapingRows
    ) -> [ShownRow<Row>] {
        let known = Dictionary(own[keyPath: Row.place].map { ($0.id, $0) }) { first, _ in first }
        return effective[keyPath: Row.place].map { row in
            known[row.id].map { ShownRow(row: $0, origin: .operator) } ?? ShownRow(row: row, origin: .builtIn)
        }
    }
}
