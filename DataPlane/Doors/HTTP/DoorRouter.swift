import Admission
import HTTP
import NodeProtocol

/// The routes of a node's HTTP listeners: its own doors, and everything else of a customer's API passed on to
/// the control plane.
package enum DoorRouter {
    /// Asks the control plane; nil when the request was relayed already.
    ///
    /// - Parameter isKnown: whether the caller's credentials are good here.
    package typealias Relay =
        @Sendable (_ request: HTTPRequest, _ isKnown: @escaping () -> Bool) async throws -> HTTPResponse?

    /// How often each of these case-folded addresses opened mail of the tenant, by hour of the day in UTC;
    /// nil when nobody knows in time.
    package typealias OpenHours =
        @Sendable (_ tenant: TenantID, _ addresses: [String]) async -> [String: [Int]]?

    /// - Parameters:
    ///   - idempotency: shared with the node's other doors.
    ///   - links: where the links of messages lead; nil: nowhere.
    package static func make(
        intake: any Intake, idempotency: IdempotencyKeys = IdempotencyKeys(),
        openHours: @escaping OpenHours = { _, _ in nil },
        links: (road: any LinkRoad, limits: LinkLimits)? = nil, relay: @escaping Relay
    ) -> Router {
        var router = Router()
        router.add(.messages)
        router.add(.emails)
        router.add(.mailgun)
        let ask: Router.Fallback = { request, _ in
            try await relay(request) { isKnown(request, to: intake) }
        }
        IngestDoor(intake: intake, idempotency: idempotency, relay: ask).add(to: &router)
        SendDoor(intake: intake, idempotency: idempotency).add(to: &router)
        MailgunDoor(intake: intake, idempotency: idempotency).add(to: &router)
        MessagesDoor(intake: intake, idempotency: idempotency, relay: ask, openHours: openHours)
            .add(to: &router)
        EmailsDoor(intake: intake, idempotency: idempotency, relay: ask).add(to: &router)
        if let links { TrackingDoor(road: links.road, limits: links.limits).add(to: &router) }
        router.fallback = { request, miss in
            if let answer = TrackingDoor.miss(request) { return answer }
            guard isForCustomers(request.path) else { return nil }
            return try await ask(request, miss)
        }
        return router
    }

    /// Routes between the planes themselves, and those of operators, are nobody's business here.
    private static func isForCustomers(_ path: RequestPath) -> Bool {
        if path.count == 2, path[0] == "openapi" { return true }
        if path.count > 1, path[0] == "v1" || path[0] == "v3" { return true }
        return path.count > 2 && path[0] == "api" && path[1] == "v1" && path[2] != "admin"
            && path[2] != "nodes"
    }

    /// Whoever is in the snapshot is known, whatever the control plane lets him do.
    private static func isKnown(_ request: HTTPRequest, to intake: any Intake) -> Bool {
        guard let credential = try? CallerCredential.read(request) else { return false }
        do throws(Refusal) {
            _ = try intake.authenticate(credential, tenant: nil, sourceIP: request.remoteAddress.ip)
            return true
        } catch { return [.credentialMismatch, .tenantNotFound, .tenantNotActive].contains(error.code) }
    }
}
