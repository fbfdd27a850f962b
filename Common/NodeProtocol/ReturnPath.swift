import Crypto

/// The address to which bounces come back: `bounces+<message id>.<token>@dispatch.<sender domain>`.
///
/// The token is a MAC over the message's id and the domain, so that only a bounce of something we sent
/// becomes an event, and nobody can report bounces of messages that are not his.
package struct ReturnPath: Sendable {
    private static let tokenBytes = 8
    private let key: HMACKey
    private let olderKeys: [HMACKey]

    /// - Parameter clusterKeys: 32 bytes each, newest last, the same on every node, so that any node can
    ///   prove any token. The newest makes tokens; all prove them. At least one.
    package init(clusterKeys: [[UInt8]]) throws(CryptoError) {
        var keys: [HMACKey] = []
        for clusterKey in clusterKeys {
            let secret = try HKDF.sha256(
                secret: clusterKey, salt: [UInt8](), info: Array("return-path".utf8), count: 32)
            keys.append(HMACKey(secret))
        }
        guard let newest = keys.popLast() else { throw .malformedKey("no cluster key") }
        key = newest
        olderKeys = keys
    }

    package func address(message: MessageID, domain: String) -> String {
        "bounces+\(message.hexadecimal).\(Hex.encode(Self.token(message, domain, key)))@dispatch.\(domain)"
    }

    /// The message that a return path belongs to; nil when the address is not one, or its token is not ours.
    package func message(of address: String) -> MessageID? {
        let sides = address.lowercased().split(separator: "@", omittingEmptySubsequences: false)
        guard sides.count == 2, sides[1].hasPrefix("dispatch."), sides[0].hasPrefix("bounces+") else {
            return nil
        }
        let parts = sides[0].dropFirst(8).split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == 32, let id = MessageID(text: String(parts[0])),
            let given = Hex.decode(Array(parts[1].utf8))
        else { return nil }
        let domain = String(sides[1].dropFirst(9))
        let isOurs = ([key] + olderKeys).contains { constantTimeEqual(given, Self.token(id, domain, $0)) }
        return isOurs ? id : nil
    }

    private static func token(_ message: MessageID, _ domain: String, _ key: HMACKey) -> [UInt8] {
        Array(
            key.authenticate(Array("\(message.hexadecimal)@\(domain.lowercased())".utf8)).prefix(tokenBytes))
    }
}
