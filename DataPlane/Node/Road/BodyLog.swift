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

    /// About how long what the log keeps of a message is, sealed; 0 when it keeps nothing, because the
    /// tenant's plan keeps no bodies or the message is too large. Of captured mail the log is the mailbox: it
    /// is kept whatever the plan says.
    static func sealedBytes(of message: [UInt8], _ mail: MailEntry, _ tenant: TenantRecord) -> Int {
        guard tenant.limits.logsBodies || mail.content.isTest, message.count <= EventRecord.maxLoggedBodyBytes
        else { return 0 }
        return message.count + KeptMessage.overheadBytes + SealingKey.overheadBytes
    }

    /// Puts the sealed `KeptMessage` behind `bytes`, made where it is to be; or nothing when nothing is kept.
    ///
    /// - Parameter now: seconds since 1970.
    func seal(
        _ message: [UInt8], id: MessageID, mail: MailEntry, tenant: TenantRecord, snapshot: Snapshot,
        now: Int64, behind bytes: inout [UInt8]
    ) {
        guard Self.sealedBytes(of: message, mail, tenant) > 0, let publicKey = tenant.bodyKey,
            let key = key(tenant.id, publicKey, now: now)
        else { return }
        try? key.seal(behind: &bytes, context: KeptMessage.sealContext(id)) { bytes in
            let kept = KeptMessage(message, id: id, mail, tenant, snapshot)
            ProtobufWriter.write(behind: &bytes) { kept.write(to: &$0) }
        }
    }

    /// The sealed `KeptMessage` alone.
    func seal(
        _ message: [UInt8], id: MessageID, mail: MailEntry, tenant: TenantRecord, snapshot: Snapshot,
        now: Int64
    ) -> [UInt8] {
        var sealed: [UInt8] = []
        sealed.reserveCapacity(Self.sealedBytes(of: message, mail, tenant))
        seal(message, id: id, mail: mail, tenant: tenant, snapshot: snapshot, now: now, behind: &sealed)
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
