import Admission
import Crypto
import FoundationEssentials
import MailFormat
import NodeProtocol
import Testing

/// Two tenants, their keys, credentials and domains, and an Admission to ask.
struct World {
    let now: Int64 = 1_800_000_000
    let one: TenantRecord
    let two: TenantRecord
    let suspended: TenantRecord
    let snapshot: Snapshot
    let secret = [UInt8](repeating: 5, count: 32)
    let admission = Admission(node: 9, hostName: "node.example")

    init(
        limits: TenantRecord.Limits = .init(), suppressed: [String] = [],
        tokensVoidBefore: [String: Int64] = [:], coversSubdomains: Bool = true,
        templates: [TenantRecord.Template]? = nil, tenantMaster: String? = nil, serviceMaster: String? = nil,
        hasLinks: Bool = false
    ) throws {
        var one = try Self.tenant(
            1, "one", limits: limits, domains: ["one.example", "xn--bcher-kva.example"])
        for index in one.domains.indices { one.domains[index].coversSubdomains = coversSubdomains }
        one.templates = templates
        one.masterTemplate = tenantMaster
        self.one = one
        two = try Self.tenant(2, "two", domains: ["two.example", "taken.one.example"])
        var blocked = try Self.tenant(3, "three", domains: ["three.example"])
        blocked.status = .suspended
        suspended = blocked
        let clusterKey = [UInt8](repeating: 7, count: 32)
        let seal = try SymmetricSeal(key: clusterKey)
        let token = GlobalChunk.TokenKey(
            keyID: nil, algorithm: "HS256", publicKeyPEM: nil,
            sealedSecret: Data(try seal.seal(secret, context: Array("token-key".utf8))))
        var global = GlobalChunk(
            tokenKeys: [token], tokenIssuer: nil, tokenAudience: nil, tokensVoidBefore: tokensVoidBefore,
            serviceHost: "dispatch.example", masterTemplate: serviceMaster)
        if hasLinks {
            let context = Array(GlobalChunk.TrackingKey.sealContext.utf8)
            global.trackingKeys = [.init(id: 1, sealedSecret: Data(try seal.seal(secret, context: context)))]
            global.trackingBaseURL = "https://links.example"
        }
        let encoder = JSONEncoder.sorted
        let chunks: [String: [UInt8]] = [
            "global": Array(try encoder.encode(global)),
            "tenants/00": Array(try encoder.encode(TenantsChunk(tenants: [one, two, suspended]))),
            "suppressions/00": Array(
                try encoder.encode(SuppressionsChunk(addresses: [one.id.description: suppressed]))),
        ]
        let manifest = Manifest(
            clusterID: "c", version: 1, issuedAt: now, expiresAt: now + 600, keyID: "k",
            chunks: chunks.map {
                .init(name: $0.key, sha256: Hex.encode(Digest.sha256($0.value)), sizeBytes: $0.value.count)
            })
        snapshot = try Snapshot(manifest, chunks: chunks, clusterKeys: [clusterKey])
    }

    private static func tenant(
        _ number: Int, _ name: String, limits: TenantRecord.Limits = .init(), domains: [String]
    ) throws -> TenantRecord {
        let sha256 = { (text: String) in Hex.encode(Digest.sha256(Array(text.utf8))) }
        let id = try #require(TenantID(text: "11111111-1111-4111-8111-11111111110\(number)"))
        func key(
            _ text: String, scopes: [String] = ["emails:send"], isTest: Bool = false, domain: String? = nil,
            cidrs: [String] = [], expiresAt: Int64? = nil
        ) -> TenantRecord.APIKey {
            TenantRecord.APIKey(
                id: UUID(), sha256: sha256(text), scopes: scopes, isTest: isTest, domain: domain,
                allowedCIDRs: cidrs, expiresAt: expiresAt)
        }
        return TenantRecord(
            id: id, name: name, limits: limits,
            domains: domains.map { .init(id: UUID(), name: $0, selector: "dispatch", sealedKey: Data()) },
            apiKeys: [
                key("dsp_live_\(name)"), key("dsp_test_\(name)", isTest: true),
                key("dsp_live_\(name)_expired", expiresAt: 1_800_000_000),
                key("dsp_live_\(name)_office", cidrs: ["192.0.2.0/24", "2001:db8::/32"]),
                key("dsp_live_\(name)_nowhere", cidrs: ["nonsense"]),
                key("dsp_live_\(name)_reader", scopes: ["emails:read"]),
                key("dsp_live_\(name)_bound", domain: domains.last),
            ],
            credentials: [
                .init(
                    id: UUID(), username: "\(name)@dispatch.example", passwordSHA256: sha256("dp_sk_\(name)"))
            ],
            members: [
                .init(subject: "\(name)-admin", role: .admin),
                .init(subject: "\(name)-viewer", role: .viewer),
            ])
    }

    /// The caller, or why not.
    func caller(
        _ presented: PresentedCredential, tenant: TenantRecord? = nil, ip: String = "192.0.2.7",
        at time: Int64? = nil
    ) -> Result<Principal, Refusal> {
        do throws(Refusal) {
            return .success(
                try Authentication.authenticate(
                    presented, tenant: tenant?.id, sourceIP: ip, snapshot: snapshot, now: time ?? now))
        } catch { return .failure(error) }
    }

    func token(_ claims: [String: JSONClaim]) throws -> PresentedCredential {
        var claims = claims
        if claims["exp"] == nil { claims["exp"] = .number(Double(now + 60)) }
        return .bearer(try JWTSigner(.secret(secret, keyID: nil)).sign(claims))
    }

    /// Admits as tenant one, unless told otherwise.
    func admit(
        _ submission: Submission, as key: String = "dsp_live_one", now: Int64? = nil,
        takeQuota: (Int) throws(Refusal) -> Void = { _ in }
    ) throws(Refusal) -> Admitted {
        let principal = try caller(.bearer(key)).get()
        return try admission.admit(
            submission, from: principal, snapshot: snapshot, now: (now ?? self.now) * 1000, random: (1, 2, 3),
            takeQuota: takeQuota)
    }

    /// Why it is refused; nil when it is admitted.
    func refusal(of submission: Submission, as key: String = "dsp_live_one") -> Refusal? {
        do throws(Refusal) {
            _ = try admit(submission, as: key)
            return nil
        } catch { return error }
    }
}

/// A claim of a token, as JSON has it.
enum JSONClaim: Encodable {
    case text(String)
    case number(Double)
    case map([String: String])

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let text): try container.encode(text)
        case .number(let number): try container.encode(number)
        case .map(let map): try container.encode(map)
        }
    }
}

/// A message whose parts are given; the rest is harmless.
func composed(
    from: String = "Ann <ann@one.example>", to: [String] = ["joe@x.example"],
    _ change: (inout Submission.Composed) -> Void = { _ in }
) -> Submission {
    var composed = Submission.Composed(from: from, to: to, subject: "Hello", text: "Hi", html: nil)
    change(&composed)
    return Submission(door: "ingest", content: .composed(composed))
}

/// A finished message with its envelope.
func raw(
    _ header: [String], body: String = "Hi\r\n", sender: String? = "ann@one.example",
    to: [String] = ["joe@x.example"]
) -> Submission {
    let text = header.map { $0 + "\r\n" }.joined() + "\r\n" + body
    return Submission(
        door: "smtp",
        content: .raw(
            .init(envelopeSender: sender, recipients: to, message: Array(text.utf8), withProtocol: "ESMTPSA"))
    )
}

extension Admitted {
    var text: String { String(decoding: message, as: UTF8.self) }
    /// The fields' lines, unfolded.
    var header: [String] {
        get throws {
            let headers = try MessageHeaders(message)
            return headers.fields.map { "\($0.name): \(headers.value(of: $0))" }
        }
    }
}
