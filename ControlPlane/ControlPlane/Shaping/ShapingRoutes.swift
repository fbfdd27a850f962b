import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres

/// Operators' say in how mail leaves, as a whole: what is in force, and their own rows as one document.
struct ShapingRoutes: Sendable {
    static let path = "/api/v1/admin/shaping"
    /// A document of all tables with a thousand long rows each.
    static let maxDocumentBytes = 4 * 1024 * 1024

    let context: ControlContext
    let authenticator: Authenticator

    private var store: ShapingStore { ShapingStore(pool: context.pool) }

    func add(to router: inout Router) {
        ShapingRowRoutes<ProviderRow>(context, authenticator).add(to: &router)
        ShapingRowRoutes<RuleRow>(context, authenticator).add(to: &router)
        ShapingRowRoutes<SourceRow>(context, authenticator).add(to: &router)
        ShapingRowRoutes<PoolRow>(context, authenticator).add(to: &router)
        ShapingRowRoutes<WarmUpRow>(context, authenticator).add(to: &router)
        router.operators(
            .get, Self.path, authenticator,
            RouteInfo(
                summary: "How mail leaves: what is in force",
                details: "The rows of operators over the built-in ones, in the order in which they hold. "
                    + "`problems` is empty, or nodes are told of nothing in it until it is.",
                tag: "shaping", authentication: .bearer,
                responses: [
                    .init(200, "The tables, each row with its `origin`.", .data(ShapingView.schema))
                ])
        ) { _ in try await effective() }
        router.operators(
            .get, Self.path + "/rows", authenticator,
            RouteInfo(
                summary: "The operators' own rows, as the document that PUT takes", tag: "shaping",
                authentication: .bearer,
                responses: [.init(200, "The rows.", .data(ShapingRows.schema))])
        ) { _ in try .data(try await store.rows()) }
        router.operators(
            .put, Self.path + "/rows", authenticator,
            RouteInfo(
                summary: "Replace all of the operators' rows at once",
                details: "Rows that are not in the document are deleted. With `dry_run=true` everything is "
                    + "checked and nothing is changed.",
                tag: "shaping", authentication: .bearer,
                parameters: [.query("dry_run", .boolean)], requestSchema: ShapingRows.schema,
                responses: [
                    .init(
                        200, "What was changed.",
                        .data(ShapingChange.schema, message: "1 rows are changed.")),
                    .init(422, "What is wrong, and where.", codes: ["invalid_shaping"]),
                ])
        ) { try await replace($0) }
    }

    private func effective() async throws -> HTTPResponse {
        let rows = try await store.rows()
        let effective = rows.effective
        return try .data(
            ShapingView(
                ShapingRows(effective), of: rows, problems: effective.problems()))
    }

    private func replace(_ call: CallerCall) async throws -> HTTPResponse {
        let isDryRun = try call.request.query.flag("dry_run")
        let rows = try await call.request.decode(ShapingRows.self, maxBytes: Self.maxDocumentBytes)
        let change = try await store.change(by: call.actor, isDryRun: isDryRun) { $0 = rows }
        let count = change.changes.count
        return try .data(
            change,
            message: isDryRun ? "\(count) rows would be changed." : "\(count) rows are changed.")
    }
}

extension QueryItems {
    /// `true`, `false`, or false when the item is not there.
    func flag(_ name: String) throws(APIError) -> Bool {
        switch self[name] {
        case nil, "false": return false
        case "true": return true
        case .some:
            throw APIError(
                400, "invalid_parameter", "`\(name)` must be true or false.", field: name)
        }
    }
}
