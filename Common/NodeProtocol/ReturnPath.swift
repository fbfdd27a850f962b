import Crypto

/// The address to which bounces come back: `bounces+<words>@dispatch.<sender domain>`, where the words are
/// base32 of the message's id, a token, and a tag for each recipient of the transaction.
///
/// The token is a MAC over all of it and over the tenant, so that only a bounce of something we sent becomes
/// an event, nobody can report bounces of messages that are not his, and nothing is told to whom a domain
/// belongs by then. Whoever got the message knows its address; the tags, which
/// only the cluster can make, keep him from naming recipients that the message never had. A local part has 64
/// bytes (RFC 5321 §4.5.3.1.1), which is room for three of them; transactions with more have none.
package struct ReturnPath: Sendable {
    /// What the address of a report proves.
    package struct Proof: Sendable, Hashable {
        package let message: MessageID
        package let tenant: TenantID
        /// The domain that the message was sent from, in lower case.
        package let senderDomain: String
        fileprivate let tags: [[UInt8]]
        fileprivate let key: Int

        /// Whether the address tells its recipients at all.
        package var namesRecipients: Bool { !tags.isEmpty }
        /// Whether the transaction had one recipient, as far as the address tells.
        package var isOfOneRecipient: Bool { tags.count == 1 }
    }

    package static let maxTags = 3
    private static let tokenBytes = 8
    private static let tagBytes = 3
    /// Newest last.
    private let keys: [HMACKey]

    /// - Parameter clusterKeys: 32 bytes each, newest last, the same on every node, so that any node can
    ///   prove any token. The newest makes tokens; all prove them. At least one.
    package init(clusterKeys: [[UInt8]]) throws(CryptoError) {
        var keys: [HMACKey] = []
        for clusterKey in clusterKeys {
            let secret = try HKDF.sha256(
                secret: clusterKey, salt: [UInt8](), info: Array("return-path".utf8), count: 32)
            keys.append(HMACKey(secret))
        }
        guard !keys.isEmpty else { throw .malformedKey("no cluster key") }
        self.keys = keys
    }

    /// The envelope sender of a transaction.
    ///
    /// - Parameters:
    ///   - domain: the sender's, which has a `dispatch.` host whose MX are our nodes.
    ///   - recipients: those of the transaction.
    package func address(
        message: MessageID, domain: String, tenant: TenantID, recipients: [String]
    ) -> String {
        let newest = keys[keys.count - 1]
        let about = Self.text(of: message, domain)
        var tags: [UInt8] = []
        if recipients.count <= Self.maxTags {
            for recipient in recipients { tags += Self.tag(recipient, about, newest) }
        }
        let token = Self.token(about, tenant, tags, newest)
        var address = "bounces+"
        address.reserveCapacity(96 + domain.utf8.count)
        address += Base32.encode(message.bytes + token + tags)
        address += "@dispatch."
        address += domain
        return address
    }

    /// What a return path proves; nil when the address is not one, or its token is not ours.
    ///
    /// - Parameter owner: whose the sender's domain is; nil when nobody's.
    package func proof(of address: String, owner: (_ domain: String) -> TenantID?) -> Proof? {
        let sides = address.lowercased().split(separator: "@", omittingEmptySubsequences: false)
        guard sides.count == 2, sides[1].hasPrefix("dispatch."), sides[0].hasPrefix("bounces+"),
            let bytes = Base32.decode(sides[0].dropFirst(8))
        else { return nil }
        let tagged = bytes.count - 16 - Self.tokenBytes
        guard tagged >= 0, tagged % Self.tagBytes == 0, tagged <= Self.maxTags * Self.tagBytes,
            let message = MessageID(bytes: bytes.prefix(16))
        else { return nil }
        let domain = String(sides[1].dropFirst(9))
        guard let tenant = owner(domain) else { return nil }
        let given = Array(bytes.dropFirst(16).prefix(Self.tokenBytes))
        let rest = bytes.dropFirst(16 + Self.tokenBytes)
        let tags = stride(from: rest.startIndex, to: rest.endIndex, by: Self.tagBytes).map {
            Array(rest[$0..<($0 + Self.tagBytes)])
        }
        let (about, all) = (Self.text(of: message, domain), Array(tags.joined()))
        let key = keys.lastIndex { constantTimeEqual(given, Self.token(about, tenant, all, $0)) }
        return key.map {
            Proof(message: message, tenant: tenant, senderDomain: domain, tags: tags, key: $0)
        }
    }

    /// Whether the transaction went to this address, whatever its case; nil when the proof does not tell.
    package func names(_ recipient: String, in proof: Proof) -> Bool? {
        guard proof.namesRecipients, keys.indices.contains(proof.key) else { return nil }
        let tag = Self.tag(recipient, Self.text(of: proof.message, proof.senderDomain), keys[proof.key])
        return proof.tags.contains { constantTimeEqual($0, tag) }
    }

    /// What both MACs say of a transaction.
    ///
    /// - Parameter domain: in any case.
    private static func text(of message: MessageID, _ domain: String) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(64 + domain.utf8.count)
        text += message.hexadecimal.utf8
        text.append(UInt8(ascii: "@"))
        append(lowercased: domain, to: &text)
        text.append(UInt8(ascii: " "))
        return text
    }

    /// - Parameter tags: of all recipients, one behind the other.
    private static func token(
        _ about: [UInt8], _ tenant: TenantID, _ tags: [UInt8], _ key: HMACKey
    ) -> [UInt8] {
        var text = about
        text += tenant.description.utf8
        text.append(UInt8(ascii: " "))
        text += Hex.encode(tags).utf8
        return Array(key.authenticate(text).prefix(tokenBytes))
    }

    private static func tag(_ recipient: String, _ about: [UInt8], _ key: HMACKey) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(16 + about.count + recipient.utf8.count)
        text += "recipient ".utf8
        text += about
        append(lowercased: recipient, to: &text)
        return Array(key.authenticate(text).prefix(tagBytes))
    }

    private static func append(lowercased name: String, to text: inout [UInt8]) {
        guard name.utf8Span.isKnownASCII else {
            text += name.lowercased().utf8
            return
        }
        for byte in name.utf8 { text.append(byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte) }
    }
}
