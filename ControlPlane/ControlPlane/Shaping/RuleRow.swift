import HTTP
import NodeProtocol
import Postgres

/// An operator's automation rule: what a reply brings about beyond its own message.
struct RuleRow: ShapingRow {
    var id: String
    /// The lower is tried first; equal ones in the order of their ids.
    var position: Int?
    var enabled: Bool?
    var provider: String?
    var destination: String?
    var code: String?
    var enhancedCode: String?
    var contains: String?
    var category: String?
    var threshold: Int?
    var windowSeconds: Int?
    var action: AutomationRule.Action
    var limits: LimitsBody?
    var durationSeconds: Int
    var reason: String

    enum CodingKeys: String, CodingKey {
        case id, position, enabled, provider, destination, code, contains, category, threshold, action
        case limits, reason
        case enhancedCode = "enhanced_code"
        case windowSeconds = "window_seconds"
        case durationSeconds = "duration_seconds"
    }

    static let table = ShapingTable.rules
    static var place: WritableKeyPath<ShapingRows, [Self]> { \.rules }
    static let schema = Schema.object([
        "id": .string.required.example("later"),
        "position": .integer.described("The lower is tried first; 100 by default. Built-in rows come last."),
        "enabled": .boolean.described("False switches a built-in rule of the same id off."),
        "provider": .string.described("Where it holds; neither this nor `destination`: everywhere."),
        "destination": .string.described("A pattern of destinations, such as `*.example.com`."),
        "code": .string.described("`4`, `5`, or three digits."),
        "enhanced_code": .string.described("`4.7.28`, or its beginning such as `4.7.`."),
        "contains": .string.example("try again later").described("A part of the reply's text."),
        "category": .string.described("A category of the classification, such as `SpamBlock`."),
        "threshold": .integer.described("After so many such replies; 1 by default."),
        "window_seconds": .integer.described("Within so many seconds; 3600 by default."),
        "action": Schema.choice("suspend_lane", "suspend_tenant", "slow_lane").required,
        "limits": LimitsBody.schema.described("For `slow_lane`."),
        "duration_seconds": .integer.required.example(600),
        "reason": .string.required.example("The host asked for a pause"),
    ]).named("ShapingRule")

    init(_ rule: AutomationRule) {
        id = rule.id
        enabled = rule.enabled
        provider = rule.provider
        destination = rule.destination
        code = rule.code
        enhancedCode = rule.enhancedCode
        contains = rule.contains
        category = rule.category
        threshold = rule.threshold
        windowSeconds = rule.windowSeconds
        action = rule.action
        limits = rule.limits.map { LimitsBody($0) }.flatMap { $0.isEmpty ? nil : $0 }
        durationSeconds = rule.durationSeconds
        reason = rule.reason
    }

    var rule: AutomationRule {
        AutomationRule(
            id: id, enabled: enabled ?? true, provider: provider, destination: destination, code: code,
            enhancedCode: enhancedCode, contains: contains, category: category, threshold: threshold ?? 1,
            windowSeconds: windowSeconds ?? 3_600, action: action, limits: limits?.limits,
            durationSeconds: durationSeconds, reason: reason)
    }
}

extension RuleRow {
    var normal: RuleRow {
        var row = RuleRow(rule)
        row.position = position ?? ShapingRows.defaultPosition
        return row
    }

    static func load(_ connection: PostgresConnection) async throws -> [RuleRow] {
        try await connection.query("SELECT * FROM shaping_rules ORDER BY position, id").map { row in
            try RuleRow(row)
        }
    }

    private init(_ row: PostgresRow) throws(PostgresError) {
        let action: String = try row["action"]
        guard let action = AutomationRule.Action(rawValue: action) else {
            throw .decoding(column: "action", reason: "is \(action), which this program does not know")
        }
        self.action = action
        id = try row["id"]
        position = try row["position"]
        enabled = try row["enabled"]
        provider = try row["provider"]
        destination = try row["destination"]
        code = try row["code"]
        enhancedCode = try row["enhanced_code"]
        contains = try row["contains"]
        category = try row["category"]
        threshold = try row["threshold"]
        windowSeconds = try row["window_seconds"]
        let limits = try LimitsBody(row)
        self.limits = limits.isEmpty ? nil : limits
        durationSeconds = try row["duration_seconds"]
        reason = try row["reason"]
    }

    func store(_ connection: PostgresConnection) async throws {
        try await Self.delete([id], connection)
        try await connection.query(
            """
            INSERT INTO shaping_rules (
                id, position, enabled, provider, destination, code, enhanced_code, contains, category,
                threshold, window_seconds, action, max_connections, max_messages_per_connection,
                messages_per_second, duration_seconds, reason)
            VALUES (\(id), \(position ?? ShapingRows.defaultPosition), \(rule.enabled), \(provider),
                \(destination), \(code), \(enhancedCode), \(contains), \(category), \(rule.threshold),
                \(rule.windowSeconds), \(action.rawValue), \(limits?.maxConnections),
                \(limits?.maxMessagesPerConnection), \(limits?.messagesPerSecond), \(durationSeconds),
                \(reason))
            """)
    }

    static func delete(_ ids: [String], _ connection: PostgresConnection) async throws {
        try await connection.query("DELETE FROM shaping_rules WHERE id = ANY (\(ids))")
    }
}
