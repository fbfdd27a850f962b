import Admission
import Crypto
import Doors
import EventLoop
import FoundationEssentials
import NodeProtocol
import Testing

/// A road that is real up to its end: what is admitted is kept in memory instead of on disk.
final class MemoryIntake: Intake {
    private struct State {
        var meters = Meters(node: 1)
        var kept: [Admitted] = []
        var statuses: [MessageID: (TenantID, MessageStatus)] = [:]
        var refusal: Refusal?
        var refusals: [String: Refusal] = [:]
        /// Seconds since 1970.
        var now = MemoryIntake.nowSeconds
        var keyRecords: [[UInt8]] = []
    }

    static let one = "11111111-1111-4111-8111-111111111101"
    static let two = "11111111-1111-4111-8111-111111111102"
    static let domainOfOne = "22222222-2222-4222-8222-222222222201"
    static let domainOfTwo = "22222222-2222-4222-8222-222222222202"
    let hostName = "node.example"
    /// Seconds since 1970: 2027-01-15T08:00:00Z.
    static let nowSeconds: Int64 = 1_800_000_000
    private var nowSeconds: Int64 { state.withLock { $0.now } }

    func now() -> Int64 { nowSeconds * 1000 }

    /// From now on it is so much later.
    func wait(seconds: Int64) { state.withLock { $0.now += seconds } }

    private let snapshot: Snapshot
    private let admission = Admission(node: 9, hostName: "node.example")
    private let state = Locked(State())

    init(limits: TenantRecord.Limits = .init(), suppressed: [String] = []) throws {
        let clusterKey = [UInt8](repeating: 7, count: 32)
        let nowSeconds = Self.nowSeconds
        var global = GlobalChunk(
            tokenKeys: [], tokenIssuer: nil, tokenAudience: nil, tokensVoidBefore: [:],
            serviceHost: "dispatch.example")
        let secret = try SymmetricSeal(key: clusterKey).seal(
            [UInt8](repeating: 3, count: 32), context: Array(GlobalChunk.TrackingKey.sealContext.utf8))
        global.trackingKeys = [.init(id: 1, sealedSecret: Data(secret))]
        global.trackingBaseURL = "https://links.example"
        let tenants = [try Self.tenant(Self.one, "one", limits), try Self.tenant(Self.two, "two", .init())]
        let encoder = JSONEncoder.sorted
        let chunks: [String: [UInt8]] = [
            "global": Array(try encoder.encode(global)),
            "tenants/01": Array(try encoder.encode(TenantsChunk(tenants: tenants))),
            "suppressions/01": Array(
                try encoder.encode(SuppressionsChunk(addresses: [Self.one: suppressed]))),
        ]
        let manifest = Manifest(
            clusterID: "c", version: 1, issuedAt: nowSeconds, expiresAt: nowSeconds + 600, keyID: "k",
            chunks: chunks.map { name, bytes in
                .init(name: name, sha256: Hex.encode(Digest.sha256(bytes)), sizeBytes: bytes.count)
            })
        snapshot = try Snapshot(manifest, chunks: chunks, clusterKeys: [clusterKey])
    }

    private static func tenant(_ id: String, _ name: String, _ limits: TenantRecord.Limits) throws
        -> TenantRecord
    {
        func sha256(_ text: String) -> String { Hex.encode(Digest.sha256(Array(text.utf8))) }
        let domain = try #require(UUID(uuidString: name == "one" ? domainOfOne : domainOfTwo))
        return TenantRecord(
            id: try #require(TenantID(text: id)), name: name, limits: limits,
            domains: [.init(id: domain, name: "\(name).example", selector: "dispatch", sealedKey: Data())],
            apiKeys: [
                .init(
                    id: UUID(), sha256: sha256("dsp_live_\(name)"), scopes: ["emails:send", "emails:read"]),
                .init(
                    id: UUID(), sha256: sha256("dsp_live_\(name)_slow"), scopes: ["*"], requestsPerMinute: 2),
                .init(id: UUID(), sha256: sha256("dsp_live_\(name)_none"), scopes: []),
                .init(
                    id: UUID(), sha256: sha256("dsp_live_\(name)_bound"), scopes: ["*"],
                    domain: "mail.\(name).example"),
                .init(
                    id: UUID(), sha256: sha256("dsp_test_\(name)"), scopes: ["emails:send"], isTest: true),
            ],
            credentials: [
                .init(
                    id: UUID(), username: "\(name)@dispatch.example", passwordSHA256: sha256("dp_sk_\(name)"))
            ],
            templates: [
                .init(
                    id: UUID(), slug: "welcome", subject: "Welcome {{name}}",
                    html: "<p>{{name}}, {{city}}</p>",
                    text: nil),
                .init(
                    id: UUID(), slug: "leaving", subject: "News",
                    html: #"<p>News. <a href="{{unsubscribe_url}}">Leave</a></p>"#, text: nil),
                .init(id: domain, slug: "hello", subject: "Hello {{name}}", html: nil, text: "Hi {{name}}."),
            ])
    }

    /// What was accepted, in order.
    var kept: [Admitted] { state.withLock { $0.kept } }

    /// What went to disk of idempotency keys, in order.
    var keyRecords: [[UInt8]] { state.withLock { $0.keyRecords } }

    /// From now on every message is refused with this.
    func refuse(with refusal: Refusal) { state.withLock { $0.refusal = refusal } }

    /// From now on every message to this address is refused with this, or none of them.
    func refuse(_ address: String, with refusal: Refusal?) {
        state.withLock { $0.refusals[address] = refusal }
    }

    func set(_ status: MessageStatus, tenant: String) throws {
        let tenant = try #require(TenantID(text: tenant))
        state.withLock { $0.statuses[status.id] = (tenant, status) }
    }

    func authenticate(
        _ credential: PresentedCredential, tenant: TenantID?, sourceIP: String
    ) throws(Refusal) -> Principal {
        try Authentication.authenticate(
            credential, tenant: tenant, sourceIP: sourceIP, snapshot: snapshot, now: nowSeconds)
    }

    func takeRate(
        _ principal: Principal, count: Int, for use: Meters.Use
    ) throws(Meters.RateExceeded) -> Meters.Standing? {
        let result: Result<Meters.Standing?, Meters.RateExceeded> = state.withLock { state in
            do throws(Meters.RateExceeded) {
                return .success(
                    try state.meters.takeRate(
                        principal, count: count, for: use, usage: nil, now: state.now))
            } catch { return .failure(error) }
        }
        return try result.get()
    }

    func returnRate(_ principal: Principal, count: Int) {
        state.withLock { $0.meters.returnRate(principal, count: count) }
    }

    func submit(_ submission: Submission, from principal: Principal) async throws(Refusal) -> Receipt {
        let item = KeyedSending.current?.item(of: submission)
        if let receipt = item?.receipt { return receipt }
        let result: Result<Receipt, Refusal> = state.withLock { state in
            do throws(Refusal) {
                if let refusal = state.refusal { throw refusal }
                let admitted = try admission.admit(
                    submission, from: principal, snapshot: snapshot, now: state.now * 1000,
                    random: (0, UInt64(state.kept.count), 0),
                    takeQuota: { (count: Int) throws(Refusal) in
                        try state.meters.takeQuota(
                            principal.tenant, usage: nil, recipients: count, now: state.now)
                    })
                for address in admitted.recipients {
                    if let refusal = state.refusals[address] { throw refusal }
                }
                state.kept.append(admitted)
                if let item { state.keyRecords.append(item.record(Receipt(admitted))) }
                return .success(Receipt(admitted))
            } catch { return .failure(error) }
        }
        let receipt = try result.get()
        item?.wasQueued(receipt)
        return receipt
    }

    func submit(
        _ submissions: [Submission], from principal: Principal
    ) async -> [Result<Receipt, Refusal>] {
        var results: [Result<Receipt, Refusal>] = []
        for submission in submissions {
            do throws(Refusal) {
                results.append(.success(try await submit(submission, from: principal)))
            } catch { results.append(.failure(error)) }
        }
        return results
    }

    func submitAll(
        _ submissions: [Submission], from principal: Principal
    ) async throws(BatchRefusal) -> [Receipt] {
        let before = state.withLock { ($0.kept, $0.meters) }
        var receipts: [Receipt] = []
        for (index, submission) in submissions.enumerated() {
            do throws(Refusal) { receipts.append(try await submit(submission, from: principal)) } catch {
                state.withLock { ($0.kept, $0.meters) = before }
                throw BatchRefusal(error, at: index)
            }
        }
        return receipts
    }

    func cancelScheduled(
        _ message: MessageID, tenant: TenantID
    ) async throws(Refusal) -> MessageStatus? {
        try change(message, tenant) { $0.state = .cancelled }
    }

    func reschedule(
        _ message: MessageID, tenant: TenantID, to time: Int64
    ) async throws(Refusal) -> MessageStatus? {
        try change(message, tenant) { $0.nextAttemptAt = time }
    }

    private func change(
        _ message: MessageID, _ tenant: TenantID, _ body: (inout MessageStatus.Recipient) -> Void
    ) throws(Refusal) -> MessageStatus? {
        let result: Result<MessageStatus?, Refusal> = state.withLock { state in
            guard let (owner, status) = state.statuses[message], owner == tenant else { return .success(nil) }
            guard status.state == .scheduled else {
                return .failure(Refusal(.notScheduled, "the message does not wait for its time"))
            }
            var changed = status
            for index in changed.recipients.indices { body(&changed.recipients[index]) }
            state.statuses[message] = (owner, changed)
            return .success(changed)
        }
        return try result.get()
    }

    func status(of message: MessageID, tenant: TenantID) async -> MessageStatus? {
        state.withLock { state in
            guard let (owner, status) = state.statuses[message], owner == tenant else { return nil }
            return status
        }
    }
}

extension Admitted {
    var text: String { String(decoding: message, as: UTF8.self) }
}
