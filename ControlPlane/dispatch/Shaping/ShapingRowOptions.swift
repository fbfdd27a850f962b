import HTTPClient

/// A row of a shaping table out of `--file`, or out of options.
struct ShapingRowOptions {
    let arguments: Arguments
    let client: ControlPlaneClient

    init(_ arguments: Arguments, _ client: ControlPlaneClient) {
        self.arguments = arguments
        self.client = client
    }

    func row(of table: ShapingTable, _ id: String) async throws -> JSONValue {
        if let file = arguments.option("file") {
            try arguments.allow(["file"])
            guard case .object(var fields) = try JSONFile.read(file) else {
                throw Failure("\(file) has no JSON object")
            }
            // The id is named on the command line; in the file it may stand or not.
            fields["id"] = fields["id"] ?? .string(id)
            return .object(fields)
        }
        var fields: [String: JSONValue?]
        switch table.command {
        case "provider": fields = try provider()
        case "rule": fields = try rule()
        case "source": fields = try await source()
        case "pool": fields = try pool()
        default: fields = try warmUp()
        }
        fields["id"] = .string(id)
        return .object(fields.compactMapValues { $0 })
    }

    private func provider() throws -> [String: JSONValue?] {
        try arguments.allow(["max-connections", "max-messages", "rate", "position"], repeated: ["host"])
        let hosts = arguments.options("host")
        guard !hosts.isEmpty else { throw UsageError("--host or --file is required") }
        return [
            "hosts": .array(hosts.map { .string($0) }), "limits": try limits(),
            "position": try integer("position"),
        ]
    }

    private func rule() throws -> [String: JSONValue?] {
        try arguments.allow([
            "provider", "destination", "code", "enhanced-code", "contains", "category", "threshold", "window",
            "action", "for", "reason", "max-connections", "max-messages", "rate", "position", "disabled",
        ])
        guard arguments.option("action") != nil else { throw UsageError("--action or --file is required") }
        return [
            "provider": text("provider"), "destination": text("destination"), "code": text("code"),
            "enhanced_code": text("enhanced-code"), "contains": text("contains"),
            "category": text("category"),
            "threshold": try integer("threshold"), "window_seconds": try seconds("window"),
            "action": text("action"), "duration_seconds": try seconds("for"), "reason": text("reason"),
            "limits": try limits(), "position": try integer("position"),
            "enabled": arguments.flag("disabled") ? .bool(false) : nil,
        ]
    }

    private func source() async throws -> [String: JSONValue?] {
        try arguments.allow(["node", "hello-name", "ipv4", "ipv6", "warm-up", "warm-up-since"])
        guard let asked = arguments.option("node") else { throw UsageError("--node or --file is required") }
        let node = try await client.call("GET", "/api/v1/admin/nodes/\(HTTPURL.escaped(asked))")
        return [
            "node": node["data"]["number"], "hello_name": text("hello-name"), "ipv4": text("ipv4"),
            "ipv6": text("ipv6"), "warm_up": text("warm-up"),
            "warm_up_since": arguments.option("warm-up-since").map { day in
                .string(day.contains("T") ? day : "\(day)T00:00:00Z")
            },
        ]
    }

    private func pool() throws -> [String: JSONValue?] {
        try arguments.allow(repeated: ["member"])
        let members = try arguments.options("member").map { text throws(UsageError) -> JSONValue in
            let parts = text.split(separator: "=", maxSplits: 1)
            guard let source = parts.first, parts.count == 2, let weight = Int64(parts[1]) else {
                throw UsageError("--member is SOURCE=WEIGHT, not `\(text)`")
            }
            return .object(["source": .string(String(source)), "weight": .integer(weight)])
        }
        guard !members.isEmpty else { throw UsageError("--member or --file is required") }
        return ["members": .array(members)]
    }

    private func warmUp() throws -> [String: JSONValue?] {
        try arguments.allow(repeated: ["group"])
        let groups = try arguments.options("group").map { try group($0) }
        guard !groups.isEmpty else { throw UsageError("--group or --file is required") }
        return ["groups": .array(groups)]
    }

    private func group(_ text: String) throws(UsageError) -> JSONValue {
        let parts = text.split(separator: "=", maxSplits: 1)
        let numbers = parts.last?.split(separator: ",") ?? []
        guard let provider = parts.first, parts.count == 2, numbers.count == 3,
            let firstDay = Int64(numbers[0]), let growth = Double(numbers[1]), let warmAt = Int64(numbers[2])
        else { throw UsageError("--group is PROVIDER=FIRST_DAY,GROWTH,WARM_AT, not `\(text)`") }
        var fields: [String: JSONValue] = [
            "first_day": .integer(firstDay), "growth": .number(growth), "warm_at": .integer(warmAt),
        ]
        if provider != "others" { fields["provider"] = .string(String(provider)) }
        return .object(fields)
    }

    // MARK: Values

    private func text(_ option: String) -> JSONValue? { arguments.option(option).map { .string($0) } }

    private func integer(_ option: String) throws -> JSONValue? {
        try arguments.integer(option).map { .integer($0) }
    }

    private func seconds(_ option: String) throws -> JSONValue? {
        try arguments.seconds(option).map { .integer($0) }
    }

    private func limits() throws -> JSONValue? { try Self.limits(arguments) }

    /// `--max-connections`, `--max-messages` and `--rate`; nil when none is there.
    static func limits(_ arguments: Arguments) throws -> JSONValue? {
        let limits: [String: JSONValue?] = [
            "max_connections": try arguments.integer("max-connections").map { .integer($0) },
            "max_messages_per_connection": try arguments.integer("max-messages").map { .integer($0) },
            "messages_per_second": try arguments.number("rate").map { .number($0) },
        ]
        let given = limits.compactMapValues { $0 }
        return given.isEmpty ? nil : .object(given)
    }
}
