import Crypto
import HTTP
import NodeProtocol
import Postgres

/// Operators' work on the keys of tracking and unsubscribe links: list, rotate, withdraw.
struct TrackingKeyRoutes: Sendable {
    private static let path = "/api/v1/admin/tracking-keys"

    let context: ControlContext
    let authenticator: Authenticator

    func add(to router: inout Router) {
        router.operators(
            .get, Self.path, authenticator,
            RouteInfo(
                summary: "List the keys of tracking links", tag: "admin", authentication: .bearer,
                responses: [.init(200, "The keys, newest first.", .data(.array(TrackingKeys.View.schema)))])
        ) { _ in
            let keys = TrackingKeys(masterSeal: context.masterSeal)
            return try .data(
                try await context.pool.transaction(as: .system, mode: .readOnly) { try await keys.all($0) })
        }
        router.operators(
            .post, Self.path + "/rotate", authenticator,
            RouteInfo(
                summary: "Make a new key for tracking links",
                details: "It makes tokens as soon as the nodes had a minute to hear of it; the one before "
                    + "goes on proving for \(TrackingKeys.provingDays) days.",
                tag: "admin", authentication: .bearer,
                responses: [
                    .init(
                        201, "The new key, or the one that waits already.",
                        .data(TrackingKeys.View.schema, message: "The key is on its way to the nodes.")),
                    .init(409, "All 256 are in use or prove still.", codes: ["no_free_key"]),
                ])
        ) { try await rotate($0) }
        router.operators(
            .delete, Self.path + "/{tracking_key}", authenticator,
            RouteInfo(
                summary: "Withdraw a key of tracking links",
                details:
                    "For a key that somebody else knows: every link that it made leads nowhere from then "
                    + "on, those to unsubscribe among them. The key that makes links is rotated first.",
                tag: "admin", authentication: .bearer,
                responses: [
                    .init(200, "It proves no more.", .message("The key is withdrawn.")),
                    .init(409, "It makes links, or is about to.", codes: ["key_in_use"]),
                ])
        ) { try await withdraw($0) }
    }

    private func withdraw(_ call: CallerCall) async throws -> HTTPResponse {
        guard let id = UInt8(call.request.parameter("tracking_key")) else {
            throw APIError.noSuch("tracking key")
        }
        let keys = TrackingKeys(masterSeal: context.masterSeal)
        let actor = call.actor
        let isWithdrawn = try await context.pool.transaction(as: .system) { connection in
            guard try await keys.withdraw(id, connection) else { return false }
            try await Audit.write(
                connection, actor, tenant: nil, "tracking_key.withdrawn",
                record: ("tracking_key", String(id)))
            return true
        }
        guard isWithdrawn else {
            throw APIError(409, "key_in_use", "The key makes links: rotate first, and wait a minute.")
        }
        return try .message("The key is withdrawn.")
    }

    private func rotate(_ call: CallerCall) async throws -> HTTPResponse {
        let keys = TrackingKeys(masterSeal: context.masterSeal)
        let actor = call.actor
        do {
            let view = try await context.pool.transaction(as: .system) { connection in
                let view = try await keys.rotate(connection, isCompromised: false)
                try await Audit.write(
                    connection, actor, tenant: nil, "tracking_key.made",
                    record: ("tracking_key", String(view.id)))
                return view
            }
            return try .data(view, message: "The key is on its way to the nodes.", status: 201)
        } catch is TrackingKeys.NoFreeID {
            throw APIError(409, "no_free_key", "All 256 keys are in use or prove links still.")
        }
    }
}
