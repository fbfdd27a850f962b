import EventLoop
import HTTP
import NodeProtocol

/// Bounds the line of those who wait for a key pair, in each process: a tenant that asks for many domains at
/// once waits by itself.
final class KeyRequests: Sendable {
    static let maxWaiting = 32
    static let maxWaitingOfTenant = 4

    private struct State {
        var total = 0
        var byTenant: [TenantID: Int] = [:]
    }

    private let state = Locked(State())

    /// Runs one request for a key.
    ///
    /// - Throws: 429 when the tenant has too many under way, 503 when all together have, and what `body`
    ///   throws.
    func take<Value>(of tenant: TenantID, _ body: () async throws -> Value) async throws -> Value {
        try begin(tenant)
        defer { end(tenant) }
        return try await body()
    }

    private func begin(_ tenant: TenantID) throws(APIError) {
        let refusal = state.withLock { state -> APIError? in
            guard state.byTenant[tenant, default: 0] < Self.maxWaitingOfTenant else {
                return APIError(
                    429, "too_many_requests", "Too many domains are being added at once; try again.",
                    retryAfterSeconds: 1)
            }
            guard state.total < Self.maxWaiting else {
                return APIError(503, "busy", "Too many keys are being made; try again.", retryAfterSeconds: 2)
            }
            state.total += 1
            state.byTenant[tenant, default: 0] += 1
            return nil
        }
        if let refusal { throw refusal }
    }

    private func end(_ tenant: TenantID) {
        state.withLock { state in
            state.total -= 1
            state.byTenant[tenant, default: 0] -= 1
            if state.byTenant[tenant] == 0 { state.byTenant[tenant] = nil }
        }
    }
}
