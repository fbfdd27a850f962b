import Crypto
import EventLoop
import FoundationEssentials
import MailAuth
import NodeProtocol

/// The DKIM signers of the tenants' domains, unsealed from the snapshot when a message needs one, and kept.
final class KeyRing: Sendable {
    /// The message cannot be signed, so it cannot leave.
    enum Failure: Error {
        /// The tenant has the domain no more.
        case domainGone
        case keyUnreadable
    }

    private struct Owner: Hashable {
        let tenant: TenantID
        let domain: String
    }

    private struct Cached {
        let sealedKey: Data
        let signer: DKIMSigner
    }

    private static let maxSigners = 20_000
    private let signers = Locked<[Owner: Cached]>([:])

    func signer(domain: String, tenant: TenantRecord, snapshot: Snapshot) throws(Failure) -> DKIMSigner {
        guard let place = tenant.domains.firstIndex(where: { $0.name == domain }) else { throw .domainGone }
        let owner = Owner(tenant: tenant.id, domain: domain)
        if let cached = signers.withLock({ $0[owner] }), cached.sealedKey == tenant.domains[place].sealedKey {
            return cached.signer
        }
        let record = tenant.domains[place]
        let name = TenantRecord.Domain.sealContext(tenant: tenant.id, domain: domain)
        guard let pem = snapshot.open(record.sealedKey, context: name),
            let key = try? RSAPrivateKey(pem: String(decoding: pem, as: UTF8.self)),
            let signer = try? DKIMSigner(domain: record.name, selector: record.selector, key: .rsa(key))
        else { throw .keyUnreadable }
        signers.withLock { signers in
            if signers.count >= Self.maxSigners { signers.removeAll() }
            signers[owner] = Cached(sealedKey: record.sealedKey, signer: signer)
        }
        return signer
    }
}
