import Crypto

/// The signatures of a webhook: Standard Webhooks over `id.timestamp.body`, and a plain HMAC over the body.
package enum WebhookSignature {
    /// The values of `webhook-signature`, one for each secret in their order, parted by a space:
    /// `v1,<base64>` by HMAC, `v1a,<base64>` by Ed25519.
    package static func standard(
        id: String, timestampSeconds: Int64, body: [UInt8], secrets: [WebhookSecret]
    ) -> String {
        let front = "\(id).\(timestampSeconds)."
        let signatures = secrets.compactMap { secret -> String? in
            switch secret.key {
            case .symmetric(let key): "v1,\(Base64.encode(key.authenticate(front, body)))"
            case .asymmetric(let pair):
                (try? pair.sign(Array(front.utf8) + body)).map { "v1a,\(Base64.encode($0))" }
            }
        }
        return signatures.joined(separator: " ")
    }

    /// The value of `X-Dispatch-Signature`, by the first HMAC secret; nil when there is none.
    package static func plain(body: [UInt8], secrets: [WebhookSecret]) -> String? {
        for secret in secrets {
            if case .symmetric(let key) = secret.key { return "sha256=\(Hex.encode(key.authenticate(body)))" }
        }
        return nil
    }
}
