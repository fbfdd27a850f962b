import HTTP

/// The routes of a node's HTTP listeners: its own doors, and everything else of a customer's API passed on to
/// the control plane.
package enum DoorRouter {
    /// - Parameter relay: asks the control plane; nil when the request was relayed already.
    package static func make(intake: any Intake, relay: @escaping Router.Fallback) -> Router {
        var router = Router()
        let idempotency = IdempotencyKeys()
        IngestDoor(intake: intake, idempotency: idempotency, relay: relay).add(to: &router)
        SendDoor(intake: intake, idempotency: idempotency).add(to: &router)
        router.fallback = { request, miss in
            // Routes between the planes themselves are nobody's business here.
            guard request.path.description.hasPrefix("/api/v1/"),
                !request.path.description.hasPrefix("/api/v1/nodes")
            else { return nil }
            return try await relay(request, miss)
        }
        return router
    }
}
