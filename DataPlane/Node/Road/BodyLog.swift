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
    private let keys = Locked<[TenantID: Cached]>([:])

    /// What the log keeps of one message, and what it is sealed with.
    struct Body {
        fileprivate let id: MessageID
        fileprivate let kept: KeptMessage
        fileprivate let key: SealingKey

        /// How long it is sealed, or a little less.
        var sealedBytes: Int { kept.contentBytes + SealingKey.overheadBytes }

        /// Puts the sealed `KeptMessage` behind `bytes`, made where it is to be.
        func put(behind bytes: inout [UInt8]) {
            try? key.seal(behind: &bytes, context: KeptMessage.sealContext(id)) { bytes in
                ProtobufWriter.write(behind: &bytes) { kept.write(to: &$0) }
            }
        }
    }

    /// Nil when the tenant's plan keeps no bodies or the message is too large. Of captured mail the log is the
    /// mailbox: it is kept whatever the plan says.
    ///
    /// - Parameter now: seconds since 1970.
    func body(
        _ message: [UInt8], id: MessageID, mail: MailEntry, tenant: TenantRecord, snapshot: Snapshot,
        now: Int64
    ) -> Body? {
        guard tenant.limits.logsBodies || mail.log.isTest, message.count <= EventRecord.maxLoggedBodyBytes,
            let publicKey = tenant.bodyKey, let key = key(tenant.id, publicKey, now: now)
        else { return nil }
        return Body(id: id, kept: KeptMessage(message, id: id, mail, tenant, snapshot), key: key)
    }

    /// The same sealed, or nothing.
    func seal(
        _ message: [UInt8], id: MessageID, mail: MailEntry, tenant: TenantRecord, snapshot: Snapshot,
        now: Int64
    ) -> [UInt8] {
        let body = body(message, id: id, mail: mail, tenant: tenant, snapshot: snapshot, now: now)
        var sealed: [UInt8] = []
        sealed.reserveCapacity(body?.sealedBytes ?? 0)
        body?.put(behind: &sealed)
        return sealed
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
