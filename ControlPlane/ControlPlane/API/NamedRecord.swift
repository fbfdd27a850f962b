import FoundationEssentials
import HTTP
import NodeProtocol
import Postgres
import Relay

/// The domain or the message that a path names. To a caller who is bound to another domain it does not exist,
/// whatever the route does with it.
struct NamedRecord: Sendable {
    private enum Kind: Sendable { case domain, message }

    private let parameter: String
    private let kind: Kind
    /// For the sentence and the code of the 404.
    private let name: String

    /// - Parameter path: a route's pattern; nil when it names neither.
    init?(_ path: String) {
        let email = path.hasPrefix("/v1/") ? "message" : "email"
        let parameters: [(String, Kind, String)] = [
            ("domain_id", .domain, "domain"), ("log_id", .message, "email"),
            ("captured_id", .message, "captured email"), ("message_id", .message, email),
        ]
        if let found = parameters.first(where: { path.contains("{\($0.0)}") }) {
            (parameter, kind, name) = found
        } else if path.hasPrefix(EmailsRoutes.onePath) {
            (parameter, kind, name) = ("id", .message, "email")
        } else {
            return nil
        }
    }

    /// - Throws: 404 when it is not within the caller's bounds, or not there.
    func check(_ call: TenantCall, _ context: ControlContext) async throws {
        guard call.caller.onlyDomain != nil else { return }
        let isReached =
            switch kind {
            case .domain: try await reachesDomain(call, context)
            case .message: try await reachesMessage(call, context)
            }
        guard isReached else { throw APIError.noSuch(name) }
    }

    private func reachesDomain(_ call: TenantCall, _ context: ControlContext) async throws -> Bool {
        let (tenant, id) = (call.tenant.uuid, try call.id(parameter, of: name))
        let fence = call.fence
        return try await context.pool.transaction(as: call.rows, mode: .readOnly) { connection in
            try await !connection.query(
                """
                SELECT 1 FROM domains WHERE tenant_id = \(tenant) AND id = \(id) AND \(fence.names())
                """
            ).isEmpty
        }
    }

    private func reachesMessage(_ call: TenantCall, _ context: ControlContext) async throws -> Bool {
        guard let message = MessageID(text: call.request.parameter(parameter)) else { return false }
        let (tenant, fence) = (call.tenant, call.fence)
        let reached = try await FreshEmail(context: context).find(message) {
            try await context.pool.transaction(as: .tenant(tenant.uuid), mode: .readOnly) { connection in
                try await connection.query(
                    """
                    SELECT \(fence.mail()) AS reached FROM emails
                    WHERE \(EmailRoutes.one(message, tenant, id: "id"))
                    """
                ).first.map { try $0["reached", as: Bool.self] }
            }
        }
        return reached ?? false
    }
}
