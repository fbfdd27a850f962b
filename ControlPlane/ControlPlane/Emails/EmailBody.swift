import Crypto
import MailFormat
import NodeProtocol
import Postgres

/// Opens what the log kept of a message: the tenant's private key lies under the master key, the body under
/// the tenant's key.
enum EmailBody {
    /// Of `emails`: what `open(_:message:tenant:masterSeal:)` reads.
    ///
    /// - Parameter table: `emails`, or its alias in the query.
    static func columns(_ table: SQL = "emails") -> SQL {
        """
        \(table).body_sealed,
        (SELECT body_private_key_sealed FROM tenants WHERE tenants.id = \(table).tenant_id) AS private_key
        """
    }

    /// - Returns: what was kept, or nil when the log kept none or a seal does not open.
    static func open(
        _ row: PostgresRow, message: MessageID, tenant: TenantID, masterSeal: SymmetricSeal
    ) throws -> KeptMessage? {
        guard let sealed = try row["body_sealed", as: [UInt8]?.self],
            let key = try row["private_key", as: [UInt8]?.self]
        else { return nil }
        return open(
            sealed, message: message, tenant: tenant, privateKeySealed: key, masterSeal: masterSeal)
    }

    /// - Returns: what was kept, or nil when one of the two seals does not open.
    private static func open(
        _ sealed: [UInt8], message: MessageID, tenant: TenantID, privateKeySealed: [UInt8],
        masterSeal: SymmetricSeal
    ) -> KeptMessage? {
        guard
            let raw = try? masterSeal.open(
                privateKeySealed, context: Array(NewTenant.bodyKeySealContext(tenant).utf8)),
            let key = try? X25519PrivateKey(raw: raw)
        else { return nil }
        if let kept = try? SealedBox.open(
            sealed, with: key, context: KeptMessage.sealContext(message))
        {
            return KeptMessage(protobuf: kept)
        }
        // As earlier versions kept it.
        let body = try? SealedBox.open(
            sealed, with: key, context: Array(EventRecord.sealContext(message).utf8))
        return body.map { KeptMessage($0, again: nil) }
    }
}

extension EmailDetail.Attachment {
    init(_ attachment: ParsedMessage.Attachment) {
        self.init(
            filename: attachment.filename, contentType: attachment.contentType, inline: attachment.isInline,
            sizeBytes: attachment.encodedBytes)
    }
}
