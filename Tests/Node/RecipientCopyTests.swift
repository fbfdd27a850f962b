import Admission
import Crypto
import FoundationEssentials
import MailAuth
import MailFormat
import NodeProtocol
import Queue
import TestSupport
import Testing

@testable import Node

/// From what a caller asks for to the signed bytes that leave for each recipient.
@Suite struct RecipientCopyTests {
    private static let base = "https://links.example"
    private static let html =
        "<html><body>\r\n<p>Grüße = .</p>\r\n"
        + "<a class=\"b\" href=\"https://shop.example/?a=1&amp;b=2\">shop</a>\r\n</body></html>\r\n"
    private let tenantID = TenantID(UUID())
    private let key: RSAPrivateKey
    private let clusterKey = [UInt8](repeating: 7, count: 32)
    private let now: Int64 = 1_800_000_000_000

    init() throws { key = try RSAPrivateKey.generate() }

    private func snapshot(hasKey: Bool = true) throws -> Snapshot {
        let seal = try SymmetricSeal(key: clusterKey)
        var domain = TenantRecord.Domain(
            id: UUID(), name: "one.example", selector: "s",
            sealedKey: Data(
                try seal.seal(
                    key.pemEncoded(),
                    context: TenantRecord.Domain.sealContext(tenant: tenantID, domain: "one.example"))))
        domain.trackingHost = nil
        let tenant = TenantRecord(
            id: tenantID, name: "One", domains: [domain],
            apiKeys: [
                .init(id: UUID(), sha256: Hex.encode(Digest.sha256(Array("dsp_live_x".utf8))), scopes: ["*"])
            ])
        var global = GlobalChunk(
            tokenKeys: [], tokenIssuer: nil, tokenAudience: nil, tokensVoidBefore: [:],
            serviceHost: "localhost")
        if hasKey {
            let context = Array(GlobalChunk.TrackingKey.sealContext.utf8)
            let secret = try seal.seal([UInt8](repeating: 3, count: 32), context: context)
            global.trackingKeys = [.init(id: 1, sealedSecret: Data(secret))]
            global.trackingBaseURL = Self.base
        }
        let chunks = [
            "global": Array(try JSONEncoder.sorted.encode(global)),
            TenantsChunk.name(for: tenantID): TenantsChunk(tenants: [tenant]).encoded(),
        ]
        let manifest = Manifest(
            clusterID: "c", version: 1, issuedAt: 0, expiresAt: .max / 4, keyID: "k",
            chunks: chunks.map {
                .init(name: $0.key, sha256: Hex.encode(Digest.sha256($0.value)), sizeBytes: $0.value.count)
            })
        return try Snapshot(manifest, chunks: chunks, clusterKeys: [clusterKey])
    }

    /// The entry as it comes back from the spool, and the message.
    private func accepted(
        _ snapshot: Snapshot, to: [String], isTest: Bool = false
    ) throws -> (id: MessageID, mail: MailEntry, message: [UInt8], tenant: TenantRecord) {
        let principal = try Authentication.authenticate(
            .bearer("dsp_live_x"), tenant: nil, sourceIP: "192.0.2.1", snapshot: snapshot, now: now / 1000)
        var submission = Submission(
            door: "emails",
            content: .composed(
                Submission.Composed(
                    from: "app@one.example", to: to, subject: "Hello", text: "Hi", html: Self.html)))
        submission.tracking = .on
        submission.unsubscribe = .headersAndLink
        submission.isTest = isTest
        let admitted = try Admission(node: 1, hostName: "node.example").admit(
            submission, from: principal, snapshot: snapshot, now: now, random: (1, 2, 3), takeQuota: { _ in })
        guard case .mail(let mail)? = Entry(Entry.mail(MailEntry(admitted)).encoded()) else {
            throw TestSupportError("the entry does not come back")
        }
        return (admitted.id, mail, admitted.message, principal.tenant)
    }

    /// The links of ours in a copy, as what their tokens say.
    private func claims(_ copy: [UInt8], _ snapshot: Snapshot) -> [TrackingClaim?] {
        let parsed = MIMEParser.parse(copy)
        let texts = [parsed.header("List-Unsubscribe"), parsed.plainText, parsed.html].compactMap(\.self)
        return texts.joined(separator: " ").split { " <>\"\r\n".contains($0) }
            .filter { $0.hasPrefix(Self.base) }
            .map { link in
                snapshot.tracking?.claim(link.split(separator: "/").last?.prefix { $0 != "." } ?? "")
            }
    }

    @Test func `each recipient's copy has its own links, is signed for itself, and is the same again`()
        async throws
    {
        let snapshot = try snapshot()
        let recipients = ["jane@x.example", "joe@x.example"]
        let (id, mail, message, tenant) = try accepted(snapshot, to: recipients)
        let signer = try KeyRing().signer(domain: "one.example", tenant: tenant, snapshot: snapshot)
        let publicKey = Crypto.Base64.encode(try key.publicKey.derEncoded())
        var copies: [[UInt8]] = []
        for (index, recipient) in recipients.enumerated() {
            func make() throws -> [UInt8] {
                let copy = try RecipientCopy.make(
                    of: message, id, mail, for: RecipientIndexes(UInt16(index)), tenant, snapshot)
                return try signer.sign(copy, at: Int(mail.acceptedAt / 1000)) + copy
            }
            let copy = try make()
            #expect(copy == (try make()))
            copies.append(copy)
            func claim(_ act: TrackingClaim.Act, _ target: String? = nil) -> TrackingClaim {
                TrackingClaim(act, tenant: tenantID, message: id, recipient: recipient, target: target)
            }
            #expect(
                claims(copy, snapshot) == [
                    claim(.unsubscribe), claim(.unsubscribe),
                    claim(.click, "https://shop.example/?a=1&b=2"), claim(.unsubscribe), claim(.open),
                ])
            let results = await DKIMVerifier.verify(copy, now: Int(mail.acceptedAt / 1000)) { _, _ in
                ["v=DKIM1; k=rsa; p=\(publicKey)"]
            }
            #expect(results.map(\.result) == [.pass])
            let header = try MessageHeaders(copy)
            let signed = try #require(header.value("DKIM-Signature")).filter { $0 != " " && $0 != "\t" }
            #expect(signed.contains("list-unsubscribe:list-unsubscribe-post"))
            #expect(header.value("List-Unsubscribe-Post") == "List-Unsubscribe=One-Click")
        }
        #expect(copies[0] != copies[1])
    }

    @Test func `the log keeps what was written and where its links are, and shows what a test would send`()
        throws
    {
        let snapshot = try snapshot()
        for isTest in [false, true] {
            let to = ["a@x.example", "b@x.example"]
            let (id, mail, message, sender) = try accepted(snapshot, to: to, isTest: isTest)
            var tenant = sender
            let owner = try X25519PrivateKey.generate()
            tenant.bodyKey = Data(owner.publicKey.raw)
            let sealed = BodyLog().seal(
                message, id: id, mail: mail, tenant: tenant, snapshot: snapshot, now: now / 1000)
            let opened = try SealedBox.open(
                sealed, with: owner, context: KeptMessage.sealContext(id))
            let kept = try #require(KeptMessage(protobuf: opened))
            #expect(kept.message == message && kept.again?.links == mail.links.packed)
            #expect(kept.again?.envelopeSender == "app@one.example" && kept.again?.request.isEmpty == true)
            let claims = claims(kept.shown, snapshot)
            #expect(claims.count == (isTest ? 5 : 0))
            #expect(claims.allSatisfy { $0?.isTest == true })
            #expect(kept.shown.starts(with: "Return-Path: <app@one.example>\r\n".utf8) == isTest)
        }
    }

    @Test func `a message with links waits when there is nothing to make them with`() throws {
        let (id, mail, message, tenant) = try accepted(snapshot(), to: ["a@x.example", "b@x.example"])
        let keyless = try snapshot(hasKey: false)
        #expect(throws: RecipientCopy.Failure.noLinks) {
            try RecipientCopy.make(of: message, id, mail, for: RecipientIndexes(0), tenant, keyless)
        }
        #expect(throws: RecipientCopy.Failure.unreadable) {
            try RecipientCopy.make(of: message, id, mail, for: RecipientIndexes([0, 1]), tenant, keyless)
        }
        #expect(throws: RecipientCopy.Failure.unreadable) {
            try RecipientCopy.make(of: [1], id, mail, for: RecipientIndexes(0), tenant, snapshot())
        }
    }
}
