import Crypto
import EventLoop
import FoundationEssentials
import NodeProtocol

/// Seals bodies for the log to their tenants' keys: only the control plane can open them.
///
/// One agreement of keys serves a tenant for ten minutes, because each costs as much as a third of a
/// signature.
struct BodyLog: Sendable {
    private struct Cached {
        let publicKey: Data
        let key: SealingKey
        let until: Int64
    }

    private static let keptSeconds: Int64 = 600
    private static let maxKeys = 10_000
    /// What the log keeps of a message at most.
    static let maxBodyBytes = 2 * 1024 * 1024

    private let keys = Locked<[TenantID: Cached]>([:])

    /// The sealed message, or nothing when the tenant's plan keeps no bodies or the message is too large.
    func seal(_ message: [UInt8], id: MessageID, tenant: TenantRecord, now: Int64) -> [UInt8] {
        guard tenant.limits.logsBodies, message.count <= Self.maxBodyBytes, let publicKey = tenant.bodyKey,
            let key = key(tenant.id, publicKey, now: now)
        else { return [] }
        return (try? key.seal(message, context: Array(EventRecord.sealContext(id).utf8))) ?? []
    }

    private func key(_ tenant: TenantID, _ publicKey: Data, now: Int64) -> SealingKey? {
        keys.withLock { keys in
            if let cached = keys[tenant], cached.publicKey == publicKey, cached.until > now {
                return cached.key
            }
            guard let recipient = try? X25519PublicKey(raw: Array(publicKey)),
                let key = try? SealingKey(recipient: recipient)
            else { return nil }
            if keys.count >= Self.maxKeys { keys.removeAll() }
            keys[tenant] = Cached(publicKey: publicKey, key: key, until: now + Self.keptSeconds)
            return key
        }
    }
}
