import Crypto
import EventLoop
import HTTP
import NodeProtocol

/// Believes where the caller of a relayed request is when a key of the cluster signed it, and refuses a mark
/// that none did.
struct RelayGate: Sendable {
    let signingKeys: [SigningKey]
    let clock: WallClock

    /// - Throws: 400 `relay_mark_invalid`.
    func pass(_ request: HTTPRequest) throws(APIError) {
        let refusal = APIError(
            400, "relay_mark_invalid", "The request says that it was relayed, and no plane signed that.")
        do {
            guard let mark = try RelayMark(header: { request.headers[$0] }) else { return }
            guard let pinned = signingKeys.first(where: { $0.keyID == mark.signer }),
                let address = SocketAddress(ip: mark.clientIP, port: 0)
            else { throw refusal }
            try mark.verify(
                method: request.method.rawValue, path: request.head.rawPathAndQuery,
                key: try Ed25519PublicKey(raw: Array(pinned.publicKey)), now: clock.now() / 1000)
            request.comes(from: address)
        } catch { throw refusal }
    }
}
