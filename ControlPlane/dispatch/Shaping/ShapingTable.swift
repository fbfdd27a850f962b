/// One of the tables of the shaping as the commands know it: its words, its path and what is shown of it.
struct ShapingTable: Sendable {
    /// The first word of its commands.
    let command: String
    /// The last segment of its path in the API.
    let segment: String
    /// Its field in what is in force.
    let field: String
    let title: String
    let columns: [(heading: String, field: String)]

    static let all = [provider, rule, source, pool, warmUp]

    static func named(_ command: String) -> ShapingTable? { all.first { $0.command == command } }

    private static let provider = ShapingTable(
        command: "provider", segment: "providers", field: "providers", title: "Providers",
        columns: [
            ("ID", "id"), ("CONNECTIONS", "limits.max_connections"),
            ("MESSAGES/CONNECTION", "limits.max_messages_per_connection"),
            ("MESSAGES/S", "limits.messages_per_second"), ("HOSTS", "hosts"),
        ])
    private static let rule = ShapingTable(
        command: "rule", segment: "rules", field: "rules", title: "Rules",
        columns: [
            ("ID", "id"), ("ENABLED", "enabled"), ("PROVIDER", "provider"), ("DESTINATION", "destination"),
            ("CODE", "code"), ("ENHANCED", "enhanced_code"), ("CONTAINS", "contains"),
            ("CATEGORY", "category"), ("COUNT", "threshold"), ("WITHIN S", "window_seconds"),
            ("ACTION", "action"), ("LIMITS", "limits"), ("FOR S", "duration_seconds"),
        ])
    private static let source = ShapingTable(
        command: "source", segment: "sources", field: "sources", title: "Sources",
        columns: [
            ("ID", "id"), ("NODE", "node"), ("IPV4", "ipv4"), ("IPV6", "ipv6"), ("HELLO", "hello_name"),
            ("WARM-UP", "warm_up"), ("SINCE", "warm_up_since"),
        ])
    private static let pool = ShapingTable(
        command: "pool", segment: "pools", field: "pools", title: "Pools",
        columns: [("ID", "id"), ("MEMBERS", "members")])
    private static let warmUp = ShapingTable(
        command: "warmup", segment: "warm-ups", field: "warm_ups", title: "Warm-up plans",
        columns: [("ID", "id"), ("GROUPS", "groups")])
}
