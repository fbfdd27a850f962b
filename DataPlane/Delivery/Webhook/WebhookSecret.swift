import Crypto

/// A key with which an endpoint's webhooks are signed.
///
/// `whsec_…` is the base64 of an HMAC key and `whsk_…` that of an Ed25519 key pair, as Standard Webhooks
/// writes them; any other text is its own UTF-8 bytes as an HMAC key.
package struct WebhookSecret: Sendable {
    enum Key: Sendable {
        case symmetric(HMACKey)
        case asymmetric(Ed25519PrivateKey)
    }

    let key: Key

    /// Nil when the text is empty or longer than 1,024 bytes, or what stands behind the prefix is no key.
    package init?(_ text: String) {
        guard !text.isEmpty, text.utf8.count <= 1_024 else { return nil }
        if text.hasPrefix("whsec_") {
            guard let bytes = Base64.decode(String(text.dropFirst(6))), !bytes.isEmpty else { return nil }
            key = .symmetric(HMACKey(bytes))
        } else if text.hasPrefix("whsk_") {
            guard let bytes = Base64.decode(String(text.dropFirst(5))), bytes.count == 64,
                let pair = try? Ed25519PrivateKey(raw: Array(bytes.prefix(32))),
                pair.publicKey.raw == Array(bytes.suffix(32))
            else { return nil }
            key = .asymmetric(pair)
        } else {
            key = .symmetric(HMACKey(text))
        }
    }
}
