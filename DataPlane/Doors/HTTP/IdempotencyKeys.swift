import Admission
import Crypto
import EventLoop
import HTTP
import NodeProtocol

/// Remembers the answers to requests that carried an `Idempotency-Key`, and to messages with
/// `X-Dispatch-Idempotency-Key`, so that a repetition sends nothing twice.
///
/// An answer is kept for 24 hours by tenant, caller, route and key. The same body gets the same answer again,
/// with `Idempotent-Replay: true`; another body, or a request whose first is still running, gets 409. Answers
/// of 5xx and 429 are not kept: they say to try again; nor is a refusal of more than 4 KiB. Limits: 256 MiB
/// on this node, 64 MiB of them a tenant, the oldest go first; a restart forgets them.
package final class IdempotencyKeys: Sendable {
    static let header = "Idempotency-Key"
    private static let maxRefusalBytes = 4096

    private let store: Locked<IdempotencyStore>

    package convenience init() { self.init(limits: .init()) }

    init(limits: IdempotencyStore.Limits) { store = Locked(IdempotencyStore(limits: limits)) }

    /// What is kept now, roughly.
    var sizeBytes: Int { store.withLock { $0.sizeBytes } }
    var orderCount: Int { store.withLock { $0.orderCount } }

    /// Runs `produce` unless the request repeats one that was answered.
    ///
    /// - Parameters:
    ///   - bodyDigest: of what makes two bodies the same, where it is not their bytes: a form's fields.
    ///   - replayedStatus: of a repetition whose first was accepted, where it is another.
    /// - Throws: 400 for a malformed key, 409 `idempotency_key_reused` or `request_in_progress`, and what
    ///   `produce` throws.
    func answer(
        _ request: HTTPRequest, from principal: Principal, route: String, body: [UInt8],
        bodyDigest: [UInt8]? = nil, replayedStatus: HTTPStatus? = nil, _ produce: () async throws -> HTTPResponse
    ) async throws -> HTTPResponse {
        guard let key = request.headers[Self.header] else { return try await produce() }
        guard Self.isValid(key) else {
            throw APIError(
                400, "invalid_field", "Idempotency-Key must be 1 to 256 printable characters.",
                field: Self.header)
        }
        let (name, tenant) = (Self.name(principal, route, key), principal.tenant.id)
        if var known = try begin(name, tenant, bodyDigest ?? Digest.sha256(body)) {
            if let replayedStatus, known.status.code < 300 { known.status = replayedStatus }
            return known
        }
        do {
            let response = try await produce()
            end(name, tenant, response.status.code >= 500 ? nil : .response(response))
            return response
        } catch {
            end(name, tenant, (error as? APIError).flatMap { Self.isFinal($0) ? .refusal($0) : nil })
            throw error
        }
    }

    /// Runs `submit` unless the message repeats one that was queued. A refusal is not kept.
    ///
    /// - Parameter content: the envelope and the message.
    /// - Throws: `.invalid` for a malformed key, `.idempotencyKeyReused`, `.requestInProgress`, and what
    ///   `submit` throws.
    func queued(
        _ key: String, from principal: Principal, route: String, content: [UInt8],
        _ submit: () async throws(Refusal) -> MessageID
    ) async throws(Refusal) -> MessageID {
        guard Self.isValid(key) else {
            throw Refusal(
                .invalid, "X-Dispatch-Idempotency-Key must be 1 to 256 printable characters",
                field: "X-Dispatch-Idempotency-Key")
        }
        let (name, tenant) = (Self.name(principal, route, key), principal.tenant.id)
        let hash = Digest.sha256(content)
        let known = store.withLock { $0.begin(name, tenant, hash, now: .now()) }
        if let known {
            guard known.bodyHash == hash else {
                throw Refusal(.idempotencyKeyReused, "this idempotency key was used with another message")
            }
            if case .queued(let id) = known.outcome { return id }
            throw Refusal(.requestInProgress, "the first message with this idempotency key is on its way")
        }
        do throws(Refusal) {
            let id = try await submit()
            end(name, tenant, .queued(id))
            return id
        } catch {
            end(name, tenant, nil)
            throw error
        }
    }

    private static func isValid(_ key: String) -> Bool {
        (1...256).contains(key.utf8.count) && key.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }

    private static func isFinal(_ error: APIError) -> Bool {
        (400..<500).contains(error.status.code) && error.status.code != 429
            && error.sizeBytes <= maxRefusalBytes
    }

    private static func name(_ principal: Principal, _ route: String, _ key: String) -> IdempotencyStore.Name
    {
        .init(caller: "\(principal.origin.rawValue):\(principal.originID)", route: route, key: key)
    }

    /// The answer to a repetition; nil when the request is the first, which is then noted as running.
    private func begin(
        _ name: IdempotencyStore.Name, _ tenant: TenantID, _ bodyHash: [UInt8]
    ) throws -> HTTPResponse? {
        guard let known = store.withLock({ $0.begin(name, tenant, bodyHash, now: .now()) }) else {
            return nil
        }
        guard known.bodyHash == bodyHash else {
            throw APIError(
                409, "idempotency_key_reused", "This Idempotency-Key was used with another body.",
                field: Self.header)
        }
        switch known.outcome {
        case .running, .queued:
            throw APIError(
                409, "request_in_progress", "The first request with this Idempotency-Key is still running.",
                field: Self.header, retryAfterSeconds: 1)
        case .response(let response): return response.header("Idempotent-Replay", "true")
        case .refusal(let refusal):
            var refusal = refusal
            refusal.headers.append("Idempotent-Replay", "true")
            throw refusal
        }
    }

    private func end(_ name: IdempotencyStore.Name, _ tenant: TenantID, _ outcome: IdempotencyStore.Outcome?)
    {
        store.withLock { $0.end(name, tenant, outcome) }
    }
}
