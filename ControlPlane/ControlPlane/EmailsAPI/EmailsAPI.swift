import HTTP
import NodeProtocol
import Postgres
import Relay

/// The emails API on the control plane: reads of the log, changes of what waits at any node, and sending
/// again. Sends themselves are a node's (`SendRelay`).
struct EmailsAPI: Sendable {
    let context: ControlContext
    let authenticator: Authenticator
    let relay: SendRelay
    let scheduled: ScheduledMessages

    func add(to router: inout Router) {
        router.home(
            .get, EmailsRoutes.path, authenticator, needs: .scope("emails:read"), EmailsRoutes.list
        ) { try await list($0) }
        router.home(
            .get, EmailsRoutes.onePath, authenticator, needs: .scope("emails:read"), EmailsRoutes.show
        ) { try await show($0) }
        router.home(
            .post, EmailsRoutes.cancelPath, authenticator, needs: .scope("emails:send"), EmailsRoutes.cancel
        ) { try await cancel($0) }
        router.home(
            .patch, EmailsRoutes.onePath, authenticator, needs: .scope("emails:send"), EmailsRoutes.update
        ) { try await update($0) }
        router.home(
            .post, EmailsRoutes.resendPath, authenticator, needs: .scope("emails:send"), EmailsRoutes.resend
        ) { try await sendAgain($0) }
    }

    /// One e-mail that a caller asks for.
    struct Asked: Sendable {
        let message: MessageID
        let tenant: TenantID
        let actor: AuditActor

        /// - Throws: 404 for what is no id.
        init(_ call: TenantCall) throws(APIError) {
            guard let id = MessageID(text: call.request.parameter("id")) else { throw .noSuch("email") }
            (message, tenant, actor) = (id, call.tenant, call.actor)
        }

        var rows: TenantScope { .tenant(tenant.uuid) }

        /// The condition that finds its rows without a search.
        func rows(by column: String) -> SQL { EmailRoutes.one(message, tenant, id: column) }

        func audit(
            _ action: String, _ connection: PostgresConnection, _ detail: [String: String] = [:]
        ) async throws {
            try await Audit.write(
                connection, actor, tenant: tenant, action, record: ("email", message.description),
                detail: detail)
        }
    }
}
