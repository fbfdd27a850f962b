import Admission
import Crypto
import EventLoop
import HTTP
import MailFormat
import NodeProtocol
import Relay

/// Remembers the answers to requests that carried an `Idempotency-Key`, and to messages with
/// `X-Dispatch-Idempotency-Key`, so that a repetition sends nothing twice.
///
/// An answer is kept for 24 hours by tenant, mode (test or live), route and key. The same body gets the same
/// answer again, with `Idempotent-Replay: true`; another body, or a request whose first is still running,
/// gets 409. Answers of 5xx and 429 are not kept: they say to try again; nor is the answer to a batch in
/// which a message was refused for now, since a repetition sends the rest; nor a refusal of more than 4 KiB.
/// What is queued is remembered with the message itself, in one group of the spool, so no crash can part
/// them. A key belongs to one node of the cluster (`KeyOwners`): the others pass its requests on, and answer
/// 503 while they cannot. Limits: 256 MiB on this node, 64 MiB of them a tenant, the oldest go first.
package final class IdempotencyKeys: Sendable {
    static let header = "Idempotency-Key"
    private static let maxRefusalBytes = 4096

    /// A request under a key, as it is kept.
    struct Call: Sendable {
        let name: KeyName
        let tenant: TenantID
        /// Of the body.
        let digest: [UInt8]

        func record(_ content: IdempotencyRecord.Content) -> IdempotencyRecord {
            IdempotencyRecord(tenant: tenant, name: name, digest: digest, content: content)
        }
    }

    private struct Links {
        var book: (any KeyBook)?
        var peers: (any KeyPeers)?
    }

    let store: Locked<IdempotencyStore>
    let now: @Sendable () -> Int64
    private let links = Locked(Links())

    /// Of a node alone that keeps nothing on disk, until it is told otherwise.
    package convenience init() {
        self.init(limits: .init(), now: { Int64(MonotonicTime.now().nanoseconds / 1_000_000) })
    }

    /// - Parameter now: milliseconds since 1970.
    package convenience init(now: @escaping @Sendable () -> Int64) { self.init(limits: .init(), now: now) }

    init(limits: IdempotencyStore.Limits, now: @escaping @Sendable () -> Int64) {
        store = Locked(IdempotencyStore(limits: limits))
        self.now = now
    }

    /// Where keys are kept beyond this process, and the other nodes.
    package func connect(book: any KeyBook, peers: (any KeyPeers)?) {
        links.withLock { $0 = Links(book: book, peers: peers) }
    }

    /// Takes up a record that an earlier process wrote.
    package func restore(_ record: [UInt8], at milliseconds: Int64) {
        guard let record = IdempotencyRecord(record) else { return }
        store.withLock { $0.restore(record, at: milliseconds) }
    }

    /// Whether a record says something that a node which takes over another's keys has to know. That a key
    /// was passed on binds the one alone that did.
    package static func outlivesItsNode(_ record: [UInt8]) -> Bool {
        switch IdempotencyRecord(record)?.content {
        case .item, .response, .refusal: true
        case .passedOn, nil: false
        }
    }

    /// What is kept now, roughly.
    package var sizeBytes: Int { store.withLock { $0.sizeBytes } }
    var orderCount: Int { store.withLock { $0.orderCount } }
    var book: (any KeyBook)? { links.withLock { $0.book } }
    private var peers: (any KeyPeers)? { links.withLock { $0.peers } }

    /// Runs `produce` unless the request repeats one that was answered.
    ///
    /// - Parameters:
    ///   - bodyDigest: of what makes two bodies the same, where it is not their bytes: a form's fields. Asked
    ///     for once it is needed.
    ///   - replayedStatus: of a repetition whose first was accepted, where it is another.
    /// - Throws: 400 for a malformed key, 409 `idempotency_key_reused` or `request_in_progress`, 503 and 504
    ///   when the node that the key belongs to does not answer, and what `produce` throws.
    func answer(
        _ request: HTTPRequest, from principal: Principal, route: String, body: [UInt8],
        bodyDigest: @autoclosure () -> [UInt8]? = nil, replayedStatus: HTTPStatus? = nil,
        _ produce: () async throws -> HTTPResponse
    ) async throws -> HTTPResponse {
        guard let key = request.headers[Self.header] else { return try await produce() }
        guard Self.isValid(key) else {
            throw APIError(
                400, "invalid_field", "Idempotency-Key must be 1 to 256 printable characters.",
                field: Self.header)
        }
        let peers = peers
        let place = peers?.place(of: key) ?? .here(former: [])
        if case .there(let owner) = place, let peers {
            guard !PlaneRelay.isRelayedByNode(request) else { throw Self.moved.apiError }
            return try await peers.pass(request, body: body, to: owner)
        }
        let call = Call(
            name: KeyName(principal, route: route, key: key), tenant: principal.tenant.id,
            digest: bodyDigest() ?? Digest.sha256(body))
        let beginning: IdempotencyStore.Beginning
        do throws(Refusal) { beginning = try await begin(call, place, peers) } catch { throw error.apiError }
        switch beginning {
        case .known(let entry): return try Self.replay(entry, call, replayedStatus)
        case .first(let items): return try await run(call, items, produce)
        }
    }

    private func run(
        _ call: Call, _ items: [ItemName: Receipt], _ produce: () async throws -> HTTPResponse
    ) async throws -> HTTPResponse {
        let sending = sending(call, items)
        do {
            let response = try await KeyedSending.$current.withValue(sending) { try await produce() }
            let isFinal = response.status.code < 500 && !sending.mayBeRepeated
            end(call, isFinal ? .response(response) : nil)
            return response
        } catch {
            let refusal = (error as? APIError).flatMap { Self.isFinal($0) ? $0 : nil }
            end(call, sending.mayBeRepeated ? nil : refusal.map { .refusal($0) })
            throw error
        }
    }

    /// Runs `submit` unless the message repeats one that was queued. A refusal is not kept.
    ///
    /// - Parameters:
    ///   - content: the envelope and the message.
    ///   - passing: the message as it goes to the node that the key belongs to; nil for one that came from
    ///     there.
    /// - Throws: `.invalid` for a malformed key, `.idempotencyKeyReused`, `.requestInProgress`, `.overloaded`
    ///   when the node that the key belongs to does not answer, and what `submit` throws.
    func queued(
        _ key: String, from principal: Principal, route: String, content: [UInt8],
        passing message: PassedMessage? = nil, _ submit: () async throws(Refusal) -> MessageID
    ) async throws(Refusal) -> MessageID {
        guard Self.isValid(key) else {
            throw Refusal(
                .invalid, "\(HeaderPolicy.idempotencyKey) must be 1 to 256 printable characters",
                field: HeaderPolicy.idempotencyKey)
        }
        let peers = peers
        let place = peers?.place(of: key) ?? .here(former: [])
        if case .there(let owner) = place, let peers {
            guard let message else { throw Self.moved }
            return try await peers.pass(message, to: owner)
        }
        let call = Call(
            name: KeyName(principal, route: route, key: key), tenant: principal.tenant.id,
            digest: Digest.sha256(content))
        switch try await begin(call, place, peers) {
        case .known(let entry):
            guard entry.bodyHash == call.digest else {
                throw Refusal(.idempotencyKeyReused, "this idempotency key was used with another message")
            }
            if case .queued(let id) = entry.outcome { return id }
            throw Refusal(.requestInProgress, "the first message with this idempotency key is on its way")
        case .first(let items):
            let result: Result<MessageID, Refusal> = await KeyedSending.$current.withValue(
                sending(call, items)
            ) {
                do throws(Refusal) { return .success(try await submit()) } catch { return .failure(error) }
            }
            end(call, (try? result.get()).map { .queued($0) })
            return try result.get()
        }
    }

    // MARK: Beginning and end

    /// What is to be done with a request, once whoever may have seen the key before was asked.
    private func begin(
        _ call: Call, _ place: KeyPlace, _ peers: (any KeyPeers)?
    ) async throws(Refusal) -> IdempotencyStore.Beginning {
        var former: [ClusterNode] = []
        if case .here(let nodes) = place { former = nodes }
        let beginning = store.withLock { store in
            var beginning = store.begin(call.name, call.tenant, call.digest, now: now())
            if case .known(let entry) = beginning, case .passedOn(let node) = entry.outcome,
                former.contains(where: { $0.number == node })
            {
                store.takeBack(call.name, call.tenant)
                beginning = store.begin(call.name, call.tenant, call.digest, now: now())
            }
            return beginning
        }
        if case .known(let entry) = beginning, case .passedOn = entry.outcome { throw Self.moved }
        guard case .first = beginning, let peers, !former.isEmpty else { return beginning }
        var records: [IdempotencyRecord] = []
        do throws(Refusal) {
            for node in former { records += try await ask(node, call, peers) }
        } catch {
            end(call, nil)
            throw error
        }
        guard !records.isEmpty else { return beginning }
        for record in records { book?.note(record.encoded(), at: now()) }
        return store.withLock { store in
            store.end(call.name, call.tenant, nil)
            for record in records { store.restore(record, at: now()) }
            return store.begin(call.name, call.tenant, call.digest, now: now())
        }
    }

    private func ask(
        _ node: ClusterNode, _ call: Call, _ peers: any KeyPeers
    ) async throws(Refusal) -> [IdempotencyRecord] {
        let answer = try await peers.release(
            KeyRelease(tenant: call.tenant, name: .init(call.name.bytes), digest: .init(call.digest)),
            by: node)
        guard !answer.isRunning else { throw Self.running }
        return answer.records.compactMap { IdempotencyRecord(Array($0)) }
    }

    private func sending(_ call: Call, _ items: [ItemName: Receipt]) -> KeyedSending {
        KeyedSending(queued: items, template: { call.record($0) }) { [store] item, receipt in
            store.withLock { $0.note(call.name, call.tenant, item, receipt) }
        }
    }

    private func end(_ call: Call, _ outcome: IdempotencyStore.Outcome?) {
        store.withLock { $0.end(call.name, call.tenant, outcome) }
        switch outcome {
        case .response(let response): book?.note(call.record(.response(response)).encoded(), at: now())
        case .refusal(let refusal): book?.note(call.record(.refusal(refusal)).encoded(), at: now())
        case .running, .open, .queued, .passedOn, nil: break
        }
    }

    private static func replay(
        _ entry: IdempotencyStore.Entry, _ call: Call, _ replayedStatus: HTTPStatus?
    ) throws(APIError) -> HTTPResponse {
        guard entry.bodyHash == call.digest else {
            throw APIError(
                409, "idempotency_key_reused", "This Idempotency-Key was used with another body.",
                field: header)
        }
        switch entry.outcome {
        case .running, .open, .queued, .passedOn: throw running.apiError
        case .response(var response):
            if let replayedStatus, response.status.code < 300 { response.status = replayedStatus }
            return response.header("Idempotent-Replay", "true")
        case .refusal(var refusal):
            refusal.headers.append("Idempotent-Replay", "true")
            throw refusal
        }
    }

    private static func isValid(_ key: String) -> Bool {
        (1...256).contains(key.utf8.count) && key.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }

    private static func isFinal(_ error: APIError) -> Bool {
        (400..<500).contains(error.status.code) && error.status.code != 429
            && error.sizeBytes <= maxRefusalBytes
    }

    private static let running = Refusal(
        .requestInProgress, "The first request with this Idempotency-Key is still running.", field: header,
        retryAfterSeconds: 1)
    /// Two nodes are of different minds about whose key it is, which passes.
    private static let moved = Refusal(
        .overloaded, "The key is moving from one node to another; try again.", retryAfterSeconds: 2)
}
