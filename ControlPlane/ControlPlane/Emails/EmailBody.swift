import Crypto
import MailFormat
import NodeProtocol

/// Opens what the log kept of a message: the tenant's private key lies under the master key, the body under
/// the tenant's key.
enum EmailBody {
    /// - Returns: what was kept, or nil when one of the two seals does not open.
    static func open(
        _ sealed: [UInt8], message: MessageID, tenant: TenantID, privateKeySealed: [UInt8],
        masterSeal: SymmetricSeal
    ) -> KeptMessage? {
        guard
            let raw = try? masterSeal.open(
                privateKeySealed, context: Array(NewTenant.bodyKeySealContext(tenant).utf8)),
            let key = try? X25519PrivateKey(raw: raw)
        else { return nil }
        if let kept = try? SealedBox.open(
            sealed, with: key, context: Array(KeptMessage.sealContext(message).utf8))
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
