import HTTPClient

/// `dispatch plan …`
enum PlanCommand {
    static let usage = """
        dispatch plan list
        dispatch plan pools PLAN [--transactional POOL] [--bulk POOL]    an empty POOL is none
        """

    static func run(_ arguments: Arguments, _ client: ControlPlaneClient) async throws {
        switch try arguments.word(1, "list or pools", of: 3) {
        case "list":
            try arguments.allow()
            let answer = try await client.call("GET", "/api/v1/admin/plans")
            Command.show(answer, arguments) { plans in
                Table.print(
                    plans.elements,
                    [
                        ("CODE", "code"), ("NAME", "name"), ("MONTHLY", "monthly_quota"),
                        ("PER MINUTE", "rate_limit_per_minute"), ("DEADLINE H", "deadline_hours"),
                        ("TRANSACTIONAL POOL", "transactional_pool"), ("BULK POOL", "bulk_pool"),
                    ])
            }
        case "pools":
            try arguments.allow(["transactional", "bulk"])
            let code = try arguments.word(2, "PLAN", of: 3)
            let pools: [String: JSONValue?] = [
                "transactional_pool": arguments.option("transactional").map { .string($0) },
                "bulk_pool": arguments.option("bulk").map { .string($0) },
            ]
            guard pools.values.contains(where: { $0 != nil }) else {
                throw UsageError("--transactional or --bulk is required")
            }
            let answer = try await client.call("PUT", "/api/v1/admin/plans/\(HTTPURL.escaped(code))", pools)
            Command.show(answer, arguments) { plan in
                let names = ["transactional_pool", "bulk_pool"].map { name in
                    plan[name].text.isEmpty ? "none" : plan[name].text
                }
                print("plan \(code): transactional \(names[0]), bulk \(names[1])")
            }
        case let verb: throw UsageError("there is no command `plan \(verb)`")
        }
    }
}
