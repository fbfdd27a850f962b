import HTTP
import NodeProtocol
import Postgres

/// Operators' work on one of the shaping tables: list, show, create, replace and delete its rows.
///
/// A row may have the id of a built-in one: it holds in its place. Every change is checked as part of the
/// whole; see `ShapingStore`.
struct ShapingRowRoutes<Row: ShapingRow>: Sendable {
    private let store: ShapingStore
    private let authenticator: Authenticator

    init(_ context: ControlContext, _ authenticator: Authenticator) {
        store = ShapingStore(pool: context.pool)
        self.authenticator = authenticator
    }

    private var path: String { "\(ShapingRoutes.path)/\(Row.table.rawValue)" }
    private var word: String { Row.table.word.replacing("_", with: "-") }

    func add(to router: inout Router) {
        let shown = Schema.data(ShownRow<Row>.schema)
        let row = RouteInfo.Response(200, "The row.", shown)
        let refused = RouteInfo.Response(
            422, "What would be wrong, and where.", codes: ["invalid_shaping"])
        router.operators(
            .get, path, authenticator,
            RouteInfo(
                summary: "List the operators' \(Row.table.rawValue)", tag: "shaping", authentication: .bearer,
                parameters: PageRequest.parameters,
                responses: [.init(200, "The rows.", .page(of: Row.schema))])
        ) { try await list($0) }
        router.operators(
            .post, path, authenticator,
            RouteInfo(
                summary: "Create a \(word)", tag: "shaping", authentication: .bearer,
                requestSchema: Row.schema,
                responses: [
                    .init(201, "The row.", shown), refused,
                    .init(409, "There is such a row already.", codes: ["already_exists"]),
                ])
        ) { try await create($0) }
        router.operators(
            .get, path + "/{id}", authenticator,
            RouteInfo(
                summary: "One \(word), built in or of an operator", tag: "shaping", authentication: .bearer,
                responses: [row])
        ) { try await show($0) }
        router.operators(
            .put, path + "/{id}", authenticator,
            RouteInfo(
                summary: "Create or replace a \(word)", tag: "shaping", authentication: .bearer,
                requestSchema: Row.schema, responses: [row, refused])
        ) { try await replace($0) }
        router.operators(
            .delete, path + "/{id}", authenticator,
            RouteInfo(
                summary: "Delete a \(word)",
                details: "A built-in row that it stood in place of holds again.", tag: "shaping",
                authentication: .bearer,
                responses: [
                    .init(200, "It is gone.", .message("Deleted.")),
                    .init(409, "Another row or a plan names it.", codes: ["in_use", "built_in"]),
                ])
        ) { try await delete($0) }
    }

    private func list(_ call: CallerCall) async throws -> HTTPResponse {
        let page = try PageRequest(call.request.query)
        let all = try await store.rows()[keyPath: Row.place]
        let rows = Array(all.dropFirst(page.offset).prefix(page.limit))
        return try .data(rows, pagination: page.pagination(total: all.count))
    }

    private func show(_ call: CallerCall) async throws -> HTTPResponse {
        let id = call.request.parameter("id")
        let rows = try await store.rows()
        if let own = rows[keyPath: Row.place].first(where: { $0.id == id }) {
            return try .data(ShownRow(row: own, origin: .operator))
        }
        let builtIn = ShapingRows(Shaping.builtIn)[keyPath: Row.place].first { $0.id == id }
        guard let builtIn else { throw noSuchRow }
        return try .data(ShownRow(row: builtIn, origin: .builtIn))
    }

    private func create(_ call: CallerCall) async throws -> HTTPResponse {
        let row = try await call.decode(Row.self).normal
        try await store.change(by: call.actor) { rows in
            guard !rows[keyPath: Row.place].contains(where: { $0.id == row.id }) else {
                throw APIError(409, "already_exists", "There is a \(word) `\(row.id)` already.", field: "id")
            }
            rows[keyPath: Row.place].append(row)
        }
        return try .data(ShownRow(row: row, origin: .operator), status: 201)
    }

    private func replace(_ call: CallerCall) async throws -> HTTPResponse {
        let row = try await call.decode(Row.self).normal
        guard row.id == call.request.parameter("id") else {
            throw APIError.invalid("id", "must be the id of the path")
        }
        try await store.change(by: call.actor) { rows in
            if let index = rows[keyPath: Row.place].firstIndex(where: { $0.id == row.id }) {
                rows[keyPath: Row.place][index] = row
            } else {
                rows[keyPath: Row.place].append(row)
            }
        }
        return try .data(ShownRow(row: row, origin: .operator))
    }

    private func delete(_ call: CallerCall) async throws -> HTTPResponse {
        let id = call.request.parameter("id")
        do {
            try await store.change(by: call.actor) { rows in
                guard let index = rows[keyPath: Row.place].firstIndex(where: { $0.id == id }) else {
                    throw Self.isBuiltIn(id) ? Self.builtInStays(id) : noSuchRow
                }
                rows[keyPath: Row.place].remove(at: index)
            }
        } catch var error as APIError where error.code == "invalid_shaping" {
            // What is wrong is not the request but what still needs the row.
            error.status = 409
            error.code = "in_use"
            throw error
        }
        return try .message(Self.isBuiltIn(id) ? "The built-in row holds again." : "Deleted.")
    }

    private static func isBuiltIn(_ id: String) -> Bool {
        ShapingRows(Shaping.builtIn)[keyPath: Row.place].contains { $0.id == id }
    }

    private static func builtInStays(_ id: String) -> APIError {
        APIError(
            409, "built_in", "`\(id)` is built in: put a row of the same id in its place.", field: "id")
    }

    private var noSuchRow: APIError {
        APIError(404, "\(Row.table.word)_not_found", "There is no such \(word).")
    }
}
