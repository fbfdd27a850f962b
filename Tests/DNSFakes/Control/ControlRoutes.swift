import HTTP
import TestSupport

/// What a test tells the fakes by HTTP, on a port of its own: see `ControlRoutes.help`.
struct ControlRoutes: Sendable {
    static let help = """
        GET    /                     the addresses of everything
        POST   /zones                {"service","name","records":[{"name","type","ttl","values":[…]}],
                                      "delegated","private","status","flatten_all_cnames"}
        POST   /edits                {"service","zone","records":{…},"before_next_change"}: what others do
        POST   /credentials          {"service","permissions":[…],"zones":[…],"temporary","project"}
        GET    /behaviour/SERVICE    how a service treats its callers
        PUT    /behaviour/SERVICE    {"refuse_every","refuse_next","budget","budget_seconds",
                                      "retry_after_seconds","refusal_status","busy_next",
                                      "fail_next","lose_next","pending_polls",
                                      "delay_milliseconds","error_root"}
        POST   /propagate            every accepted change reaches the name servers now
        GET    /calls[?service=]     what was called, without credentials
        DELETE /calls                forgets the calls
        POST   /reset                forgets zones, credentials, behaviour and calls
        """

    private static let maxBodyBytes = 1 << 20
    let fakes: DNSFakes

    func router() -> Router {
        var router = Router()
        router.on(.get, "/", info("Addresses")) { _ in try .json(fakes.addresses) }
        router.on(.post, "/zones", info("Make a zone")) { request in
            let order = try await request.decode(ZoneOrder.self, maxBytes: Self.maxBodyBytes)
            do { return try .json(try await fakes.createZone(order), status: 201) } catch {
                throw Self.refused(error)
            }
        }
        router.on(.post, "/edits", info("What somebody else does")) { request in
            let edit = try await request.decode(ZoneEdit.self, maxBytes: Self.maxBodyBytes)
            do { try await fakes.edit(edit) } catch { throw Self.refused(error) }
            return .empty()
        }
        router.on(.post, "/credentials", info("Make a credential")) { request in
            let order = try await request.decode(CredentialOrder.self, maxBytes: Self.maxBodyBytes)
            return try .json(try fakes.createCredential(order), status: 201)
        }
        router.on(.get, "/behaviour/{service}", info("Behaviour")) { request in
            try .json(fakes.behaviour(of: try service(request)))
        }
        router.on(.put, "/behaviour/{service}", info("Change the behaviour")) { request in
            let service = try service(request)
            let behaviour = try await request.decode(Behaviour.self, maxBytes: Self.maxBodyBytes)
            fakes.setBehaviour(behaviour, of: service)
            return try .json(behaviour)
        }
        router.on(.post, "/propagate", info("Let all changes arrive")) { _ in
            try await fakes.propagate()
            return .empty()
        }
        router.on(.get, "/calls", info("The calls so far")) { request in
            let wanted = request.query["service"]
            return try .json(fakes.calls.filter { wanted == nil || $0.service.rawValue == wanted })
        }
        router.on(.delete, "/calls", info("Forget the calls")) { _ in
            fakes.forgetCalls()
            return .empty()
        }
        router.on(.post, "/reset", info("Forget everything")) { _ in
            try await fakes.reset()
            return .empty()
        }
        return router
    }

    private func info(_ summary: String) -> RouteInfo { RouteInfo(summary: summary, authentication: .none) }

    private func service(_ request: HTTPRequest) throws(APIError) -> ServiceKind {
        guard let service = ServiceKind(rawValue: request.parameter("service")) else { throw .notFound }
        return service
    }

    private static func refused(_ error: any Error) -> APIError {
        APIError(400, "refused", "\(error)")
    }
}

extension DNSFakes {
    /// The calls of the control port, for people.
    package static var controlHelp: String { ControlRoutes.help }
}
