import FoundationEssentials
import HTTP
import Postgres

/// The operators' hold on local accounts.
package struct Users: Sendable {
    private let context: ControlContext
    private let authenticator: Authenticator
    private let accounts: Accounts

    package init(_ context: ControlContext, _ authenticator: Authenticator) {
        self.context = context
        self.authenticator = authenticator
        accounts = Accounts(pool: context.pool, blocking: context.passwords)
    }

    package func add(to router: inout Router) {
        let account = Schema.data(Account.schema)
        router.operators(
            .post, "/api/v1/admin/users", authenticator,
            RouteInfo(
                summary: "Create a local account", tag: "Operators", authentication: .bearer,
                requestSchema: .object([
                    "email": .string.required.example("grace@example.com"),
                    "password": .string.required.example("correct horse battery").described(
                        "At least \(Accounts.minPasswordCharacters) characters."),
                    "name": .string.example("Grace"), "is_operator": .boolean,
                ]),
                responses: [
                    .init(201, "The account.", account),
                    .init(409, "The address has an account.", codes: ["already_exists"]),
                ])
        ) { try await create($0) }
        router.operators(
            .get, "/api/v1/admin/users", authenticator,
            RouteInfo(
                summary: "List local accounts", tag: "Operators", authentication: .bearer,
                parameters: PageRequest.parameters,
                responses: [.init(200, "The accounts.", .page(of: Account.schema))])
        ) { try await list($0) }
        for verb in ["disable", "enable"] {
            router.operators(
                .post, "/api/v1/admin/users/{user_id}/\(verb)", authenticator,
                RouteInfo(
                    summary: verb == "disable"
                        ? "Disable an account and void its tokens" : "Enable an account",
                    tag: "Operators", authentication: .bearer,
                    responses: [
                        .init(200, "The account.", account),
                        .init(400, "Operators cannot disable themselves.", codes: ["own_account"]),
                    ])
            ) { call in
                let id = try call.id("user_id", of: "user")
                guard id.text != call.caller.id else {
                    throw APIError(400, "own_account", "Operators cannot disable themselves.")
                }
                return try .data(try await accounts.setDisabled(verb == "disable", id, actor: call.actor))
            }
        }
    }

    private struct Creation: Decodable {
        let email: String
        let password: String
        let name: String?
        let isOperator: Bool?

        enum CodingKeys: String, CodingKey {
            case email, password, name
            case isOperator = "is_operator"
        }
    }

    private func create(_ call: CallerCall) async throws -> HTTPResponse {
        let body = try await call.decode(Creation.self)
        let account = try await accounts.createUser(
            email: body.email, password: body.password, name: body.name ?? "",
            isOperator: body.isOperator ?? false,
            actor: call.actor)
        return try .data(account, status: 201)
    }

    private func list(_ call: CallerCall) async throws -> HTTPResponse {
        let page = try PageRequest(call.request.query)
        let rows = try await context.pool.query(
            """
            SELECT \(Account.columns), count(*) OVER () AS total FROM users
            ORDER BY created_at, id LIMIT \(page.limit) OFFSET \(page.offset)
            """, as: .system)
        let total = try rows.first?["total", as: Int.self] ?? 0
        return try .data(try rows.map { try Account($0) }, pagination: page.pagination(total: total))
    }
}
