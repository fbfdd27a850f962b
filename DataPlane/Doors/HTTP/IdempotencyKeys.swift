import Crypto
import EventLoop
import HTTP
import NodeProtocol

/// Remembers the answers to requests that carried an `Idempotency-Key`, so that a repetition sends nothing
/// twice.
///
/// An answer is kept for 24 hours by tenant, route and key. The same body gets the same answer again, with
/// `Idempotent-Replay: true`; another body, or a request whose first is still running, gets 409. Answers of
/// 5xx and 429 are not kept: they say to try again. Limits: 200,000 answers on this node, the oldest go
/// first; a restart forgets them.
final class IdempotencyKeys: Sendable {
    static let header = "Idempotency-Key"
    private static let keptFor: Duration = .seconds(86_400)
    private static let maxAnswers = 200_000

    private struct Name: Hashable {
        let tenant: TenantID
        let route: String
        let key: String
    }

    private enum Outcome: Sendable {
        case running
        case response(HTTPResponse)
        case refusal(APIError)
    }

    private struct Entry: Sendable {
        let bodyHash: [UInt8]
        let since: MonotonicTime
        var outcome: Outcome
    }

    private struct Store {
        var entries: [Name: Entry] = [:]
        /// In the order in which they came; may name entries that are gone.
        var order: [Name] = []
        var oldest = 0
    }

    private let store = Locked(Store())

    /// Runs `produce` unless the request repeats one that was answered.
    ///
    /// - Throws: 400 for a malformed key, 409 `idempotency_key_reused` or `request_in_progress`, and what
    ///   `produce` throws.
    func answer(
        _ request: HTTPRequest, tenant: TenantID, route: String, body: [UInt8],
        _ produce: () async throws -> HTTPResponse
    ) async throws -> HTTPResponse {
        guard let key = request.headers[Self.header] else { return try await produce() }
        guard (1...256).contains(key.utf8.count), key.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw APIError(
                400, "invalid", "Idempotency-Key must be 1 to 256 printable characters.", field: Self.header)
        }
        let name = Name(tenant: tenant, route: route, key: key)
        if let known = try begin(name, Digest.sha256(body)) { return known }
        do {
            let response = try await produce()
            end(name, response.status.code >= 500 ? nil : .response(response))
            return response
        } catch {
            let refusal = error as? APIError
            let isFinal =
                refusal.map { (400..<500).contains($0.status.code) && $0.status.code != 429 } ?? false
            end(name, isFinal ? refusal.map { .refusal($0) } : nil)
            throw error
        }
    }

    /// The answer to a repetition; nil when the request is the first, which is then noted as running.
    private func begin(_ name: Name, _ bodyHash: [UInt8]) throws -> HTTPResponse? {
        let now = MonotonicTime.now()
        let known: Entry? = store.withLock { store in
            Self.dropOld(&store, now)
            if let entry = store.entries[name] { return entry }
            store.entries[name] = Entry(bodyHash: bodyHash, since: now, outcome: .running)
            store.order.append(name)
            return nil
        }
        guard let known else { return nil }
        guard known.bodyHash == bodyHash else {
            throw APIError(
                409, "idempotency_key_reused", "This Idempotency-Key was used with another body.",
                field: Self.header)
        }
        switch known.outcome {
        case .running:
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

    private func end(_ name: Name, _ outcome: Outcome?) {
        store.withLock { store in
            if let outcome { store.entries[name]?.outcome = outcome } else { store.entries[name] = nil }
        }
    }

    private static func dropOld(_ store: inout Store, _ now: MonotonicTime) {
        while store.oldest < store.order.count {
            let name = store.order[store.oldest]
            let isOld = store.entries[name].map { now - $0.since > keptFor } ?? true
            guard isOld || store.entries.count > maxAnswers else { break }
            store.entries[name] = nil
            store.oldest += 1
        }
        if store.oldest > 10_000, store.oldest > store.order.count / 2 {
            store.order.removeFirst(store.oldest)
            store.oldest = 0
        }
    }
}
