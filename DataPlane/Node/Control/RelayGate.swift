import Crypto
import EventLoop
import HTTP
import NodeProtocol

/// Believes where the caller of a relayed request is when a key of the cluster signed it, or a node of it,
/// and refuses a mark that none did.
struct RelayGate: Sendable {
    let signingKeys: [SigningKey]
    let holder: SnapshotHolder
    let clock: WallClock

    /// - Throws: 400 `relay_mark_invalid`.
    func pass(_ request: HTTPRequest) throws(APIError) {
        let refusal = APIError(
            400, "relay_mark_invalid", "The request says that it was relayed, and no plane signed that.")
        do {
            guard let mark = try RelayMark(header: { request.headers[$0] }) else { return }
            guard let publicKey = publicKey(of: mark.signer),
                let address = SocketAddress(ip: mark.clientIP, port: 0)
            else { throw refusal }
            try mark.verify(
                method: request.method.rawValue, path: request.head.rawPathAndQuery,
                key: try Ed25519PublicKey(raw: publicKey), now: clock.now() / 1000)
            request.comes(from: address)
        } catch { throw refusal }
    }

    private func publicKey(of signer: String) -> [UInt8]? {
        let pinned = signingKeys.first { $0.keyID == signer }?.publicKey
        return (pinned ?? holder.current?.node(signer)?.publicKey).map { Array($0) }
    }
}
