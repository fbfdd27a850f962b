import Admission
import Crypto
import EventLoop
import FoundationEssentials
import MailFormat
import NodeProtocol

@testable import Node

/// What surrounds a simulated node and outlives its lives: three tenants and their snapshot, the time of day,
/// which somebody may set, and who is suspended.
final class NodeWorld: Sendable {
    /// Made once for all runs: keys are dear, and nothing depends on their bytes.
    private static let fixture = Result<Fixture, any Error> { try Fixture() }

    fileprivate struct Fixture {
        let snapshot: Snapshot
        let principals: [Principal]
        let returnPaths: ReturnPaths
    }

    /// A message that a client offers under an idempotency key until it has an answer, and at times again.
    struct KeyedOffer: Sendable {
        let token: UInt64
        let tenant: Int
        let recipients: Int
        let bodyBytes: Int
        /// How far the clock had been set when it was offered first.
        let jumps: Int64
        var answer: MessageID?

        var key: String { "key-\(token)" }
    }

    private struct State {
        var keyed: [KeyedOffer] = []
        /// Milliseconds since 1970 at the run's beginning, as the machine's clock has it now.
        var epoch: Int64 = 1_800_000_000_000
        var jumps: Int64 = 0
        var nextToken: UInt64 = 1
        var suspendedSince: [TenantID: Int64] = [:]
        /// The node's own ids of messages that the control plane knows.
        var known: Set<MessageID> = []
    }

    static let linkBase = "https://links.test"
    static let domains = ["d0.test", "d1.test", "d2.test", "d3.test"]
    /// How long a suspension may take to reach an attempt that a stalled disk holds up.
    private static let suspensionSlackMilliseconds: Int64 = 15_000

    let snapshot: Snapshot
    let principals: [Principal]
    let returnPaths: ReturnPaths
    private let simulator: Simulator
    private let state = Locked(State())

    init(_ simulator: Simulator) throws {
        let fixture = try Self.fixture.get()
        snapshot = fixture.snapshot
        principals = fixture.principals
        returnPaths = fixture.returnPaths
        self.simulator = simulator
    }

    /// The time of day in milliseconds since 1970.
    var wallMilliseconds: Int64 { state.withLock { $0.epoch } + simulator.milliseconds }

    /// How far the clock was set, forward and back together, in milliseconds.
    var jumps: Int64 { state.withLock { $0.jumps } }

    /// Somebody sets the clock.
    func jump(byMilliseconds milliseconds: Int64) {
        simulator.note("clock set", UInt64(bitPattern: milliseconds), 0, "by \(milliseconds) ms")
        state.withLock { state in
            state.epoch += milliseconds
            state.jumps += abs(milliseconds)
        }
    }

    /// A number that no other message has.
    func token() -> UInt64 {
        state.withLock { state in
            defer { state.nextToken += 1 }
            return state.nextToken
        }
    }

    /// The control plane learns a message's id, or is asked whether it knows it.
    func learn(_ id: MessageID) { state.withLock { state in _ = state.known.insert(id) } }
    func knows(_ id: MessageID) -> Bool { state.withLock { $0.known.contains(id) } }

    /// Keys are kept for a day of the node's clock: what was offered before a part of that was set is left.
    private static let maxJumps: Int64 = 36_000_000

    /// What clients have offered under keys and may offer again.
    var keyed: [KeyedOffer] {
        let now = jumps
        return state.withLock { $0.keyed }.filter { now - $0.jumps < Self.maxJumps }
    }

    func add(_ offer: KeyedOffer) { state.withLock { $0.keyed.append(offer) } }

    /// The answer to an offer under a key; gives the first one that there was.
    func answered(_ token: UInt64, _ id: MessageID) -> MessageID {
        state.withLock { state in
            guard let place = state.keyed.firstIndex(where: { $0.token == token }) else { return id }
            let first = state.keyed[place].answer ?? id
            state.keyed[place].answer = first
            return first
        }
    }

    func suspend(_ tenants: Set<TenantID>) {
        let now = simulator.milliseconds
        state.withLock { state in
            let old = state.suspendedSince
            state.suspendedSince = [:]
            for tenant in tenants { state.suspendedSince[tenant] = old[tenant] ?? now }
        }
    }

    /// Whether nothing of a tenant may start any more.
    func isSuspended(_ tenant: Int) -> Bool {
        guard principals.indices.contains(tenant) else { return false }
        let since = state.withLock { $0.suspendedSince[principals[tenant].tenant.id] }
        return since.map { simulator.milliseconds - $0 > Self.suspensionSlackMilliseconds } ?? false
    }

    // MARK: - Addresses

    /// A recipient's address says which one of which message it is.
    static func address(_ token: UInt64, _ recipient: Int, tenant: Int) -> String {
        "r\(recipient)-\(token)-\(tenant)@\(domains[(Int(token) + recipient) % domains.count])"
    }

    struct Place {
        let message: MessageID
        let recipient: Int
        let tenant: Int
    }

    static func place(_ address: String) -> Place? {
        let local = address.prefix { $0 != "@" }
        let numbers = local.dropFirst().split(separator: "-").compactMap { UInt64($0) }
        guard local.first == "r", numbers.count == 3 else { return nil }
        return Place(message: id(numbers[1]), recipient: Int(numbers[0]), tenant: Int(numbers[2]))
    }

    /// The name of a message in the ledger, which knows none of the node's ids.
    static func id(_ token: UInt64) -> MessageID { MessageID(high: 0, low: token) }

    static func mark(_ id: MessageID) -> String { "mark-\(id.low)-end" }

    private static let html = "<p>Hello, <a href=\"https://shop.example/\">shop</a></p>"

    /// Every third message gives each recipient links of its own.
    static func isTracked(_ token: UInt64) -> Bool { token % 3 == 0 }

    /// Whether all links of a copy are this recipient's.
    func hasOwnLinks(_ copy: [UInt8], recipient: String) -> Bool {
        let parsed = MIMEParser.parse(copy)
        let texts = [parsed.html, parsed.plainText, parsed.header("List-Unsubscribe")].map { $0 ?? "" }
        var acts: [TrackingClaim.Act] = []
        for piece in texts.joined(separator: " ").split(whereSeparator: { " <>\"\r\n".contains($0) })
        where piece.hasPrefix(Self.linkBase) {
            let token = piece.split(separator: "/").last?.prefix { $0 != "." } ?? ""
            guard let claim = snapshot.tracking?.claim(token), claim.recipient == recipient else {
                return false
            }
            acts.append(claim.act)
        }
        return acts.map(\.rawValue).sorted() == [1, 2, 3, 3, 3]
    }

    static func submission(_ token: UInt64, recipients: Int, tenant: Int, bodyBytes: Int) -> Submission {
        let padding = String(repeating: "0123456789 abcdefghij klmnopqrstuvwxyz\r\n", count: bodyBytes / 40)
        let composed = Submission.Composed(
            from: "sender@tenant\(tenant).example",
            to: (0..<recipients).map { address(token, $0, tenant: tenant) }, subject: "message \(token)",
            text: "\(mark(id(token)))\r\n\(padding)", html: isTracked(token) ? html : nil)
        var submission = Submission(door: "ingest", content: .composed(composed))
        if isTracked(token) {
            submission.tracking = .on
            submission.unsubscribe = .headersAndLink
        }
        return submission
    }
}

extension NodeWorld.Fixture {
    init() throws {
        let clusterKey = [UInt8](repeating: 7, count: 32)
        let seal = try SymmetricSeal(key: clusterKey)
        let pem = try RSAPrivateKey.generate().pemEncoded()
        let tenants = try (0..<3).map { number in
            let id = TenantID(UUID(uuid: (1, 0, 0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0, UInt8(number))))
            let domain = "tenant\(number).example"
            let context = TenantRecord.Domain.sealContext(tenant: id, domain: domain)
            return TenantRecord(
                id: id, name: domain,
                limits: TenantRecord.Limits(logsBodies: number == 0, deadlineHours: [1, 2, 6][number]),
                bodyKey: Data(try X25519PrivateKey.generate().publicKey.raw),
                domains: [
                    TenantRecord.Domain(
                        id: UUID(), name: domain, selector: "s",
                        sealedKey: Data(try seal.seal(pem, context: context)))
                ],
                apiKeys: [
                    TenantRecord.APIKey(
                        id: UUID(), sha256: Hex.encode(Digest.sha256("dsp_live_\(number)")), scopes: ["*"],
                        requestsPerMinute: 1_000_000_000)
                ])
        }
        var global = GlobalChunk(
            tokenKeys: [], tokenIssuer: nil, tokenAudience: nil, tokensVoidBefore: [:],
            serviceHost: "localhost")
        let secret = try seal.seal(
            [UInt8](repeating: 8, count: 32), context: Array(GlobalChunk.TrackingKey.sealContext.utf8))
        global.trackingKeys = [.init(id: 1, sealedSecret: Data(secret))]
        global.trackingBaseURL = NodeWorld.linkBase
        let encoder = JSONEncoder.sorted
        let chunks = [
            "global": Array(try encoder.encode(global)),
            "tenants/00": Array(try encoder.encode(TenantsChunk(tenants: tenants))),
        ]
        let manifest = Manifest(
            clusterID: "c", version: 1, issuedAt: 0, expiresAt: .max / 4, keyID: "k",
            chunks: chunks.sorted { $0.key < $1.key }.map { name, bytes in
                Manifest.Chunk(name: name, sha256: Hex.encode(Digest.sha256(bytes)), sizeBytes: bytes.count)
            })
        let snapshot = try Snapshot(manifest, chunks: chunks, clusterKeys: [clusterKey])
        self.snapshot = snapshot
        // Nothing is ever saved in that folder: the identity does not change.
        returnPaths = try ReturnPaths(
            IdentityKeeper(
                NodeIdentity(
                    node: 1, name: "node", clusterID: "c", signingKeys: [], clusterKeys: [Data(clusterKey)],
                    privateSigningKey: Data(), privateSealingKey: Data()),
                files: NodeFiles(directory: "/nonexistent")))
        principals = try (0..<3).map { number in
            try Authentication.authenticate(
                .bearer("dsp_live_\(number)"), tenant: nil, sourceIP: "192.0.2.1", snapshot: snapshot, now: 0)
        }
    }
}
