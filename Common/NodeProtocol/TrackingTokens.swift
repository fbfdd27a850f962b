import Crypto

/// What a link in a message says when it is followed.
package struct TrackingClaim: Sendable, Equatable {
    package enum Act: UInt8, Sendable {
        case open = 1
        case click = 2
        case unsubscribe = 3
    }

    package var act: Act
    package var tenant: TenantID
    package var message: MessageID
    /// The envelope address.
    package var recipient: String
    /// Where a click leads.
    package var target: String?
    /// Whether the message is captured mail: it never left, so no word of a reader of it is the recipient's.
    package var isTest: Bool

    package init(
        _ act: Act, tenant: TenantID, message: MessageID, recipient: String, target: String? = nil,
        isTest: Bool = false
    ) {
        self.act = act
        self.tenant = tenant
        self.message = message
        self.recipient = recipient
        self.target = target
        self.isTest = isTest
    }
}

/// Makes and reads the tokens of tracking and unsubscribe links: a MAC over all that a link says, so that it
/// needs no look-up and cannot be altered.
///
/// A token is base64url of: key id (1 byte), act (1; with its highest bit set of captured mail), tenant (16),
/// message (16), length of the address (2, big endian), address, target, and the first 16 bytes of
/// HMAC-SHA256 over all of that.
package struct TrackingTokens: Sendable {
    private static let macBytes = 16
    private static let fixedBytes = 36
    private static let testBit: UInt8 = 0x80
    /// What is looked at of a token at most, in characters: with the path before it, it fits into a request.
    package static let maxTokenBytes = 8 * 1024 - 64

    private let keys: [UInt8: HMACKey]
    private let newest: UInt8

    /// - Parameter keys: id and secret of each, newest last. The newest makes tokens; all prove them.
    /// - Returns: nil without a key.
    package init?(keys: [(id: UInt8, secret: [UInt8])]) {
        guard let last = keys.last else { return nil }
        newest = last.id
        self.keys = Dictionary(keys.map { ($0.id, HMACKey($0.secret)) }) { $1 }
    }

    /// The token of a claim; nil when it would be longer than any that is read, or the address is.
    package func token(_ claim: TrackingClaim) -> String? {
        guard let key = keys[newest] else { return nil }
        let address = Array(claim.recipient.utf8)
        guard let length = UInt16(exactly: address.count) else { return nil }
        var bytes: [UInt8] = [newest, claim.act.rawValue | (claim.isTest ? Self.testBit : 0)]
        bytes += claim.tenant.bytes + claim.message.bytes
        bytes += [UInt8(length >> 8), UInt8(truncatingIfNeeded: length)] + address
        bytes += Array((claim.target ?? "").utf8)
        bytes += key.authenticate(bytes).prefix(Self.macBytes)
        let token = Base64.encodeURL(bytes)
        return token.utf8.count <= Self.maxTokenBytes ? token : nil
    }

    /// What a token says; nil when it is not one of ours.
    package func claim(_ token: some StringProtocol) -> TrackingClaim? {
        guard token.utf8.count <= Self.maxTokenBytes, let bytes = Base64.decodeURL(Array(token.utf8)),
            bytes.count >= Self.fixedBytes + Self.macBytes, let key = keys[bytes[0]]
        else { return nil }
        let said = bytes.dropLast(Self.macBytes)
        let mac = Array(key.authenticate(Array(said)).prefix(Self.macBytes))
        guard constantTimeEqual(mac, Array(bytes.suffix(Self.macBytes))) else { return nil }
        let length = Int(said[34]) << 8 | Int(said[35])
        let rest = said.dropFirst(Self.fixedBytes)
        guard let act = TrackingClaim.Act(rawValue: said[1] & ~Self.testBit), length <= rest.count,
            let tenant = TenantID(bytes: said[2..<18]), let message = MessageID(bytes: said[18..<34]),
            let address = String(validating: rest.prefix(length), as: UTF8.self),
            let target = String(validating: rest.dropFirst(length), as: UTF8.self)
        else { return nil }
        return TrackingClaim(
            act, tenant: tenant, message: message, recipient: address, target: target.isEmpty ? nil : target,
            isTest: said[1] & Self.testBit != 0)
    }
}
