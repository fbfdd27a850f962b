import Crypto

/// The mark of a request that one plane relays to the other: where the caller is, signed by the relaying
/// plane.
///
/// The signature covers method, path with query and the address, but not the body, so that the caller can be
/// authenticated before its body is read. A repetition says nothing new, so no nonce is remembered.
package struct RelayMark: Sendable, Equatable {
    /// Its value is the caller's IP address.
    package static let header = "X-Dispatch-Relayed"

    package let clientIP: String
    private let signature: RequestSignature

    /// A node's number, or the id of the cluster's signing key.
    package var signer: String { signature.signer }

    /// Whether a node set the mark, and not a control plane. To be believed of one that was verified.
    package var isOfNode: Bool { Self.node(signer) != nil }

    /// The number of the node that a signer is; nil for the id of a key.
    package static func node(_ signer: String) -> UInt16? { UInt16(signer) }

    /// Reads the mark and its signature.
    ///
    /// - Returns: nil for a request that was not relayed.
    package init?(header: (String) -> String?) throws(RequestSignature.Refusal) {
        guard let clientIP = header(Self.header) else { return nil }
        guard (1...64).contains(clientIP.utf8.count) else { throw .incomplete }
        self.clientIP = clientIP
        signature = try RequestSignature(header: header)
    }

    /// The headers that mark a request.
    ///
    /// - Parameters:
    ///   - path: with its query, as it is sent.
    ///   - time: seconds since 1970.
    ///   - nonce: random, so that no two signatures are the same.
    package static func headers(
        clientIP: String, method: String, path: String, signer: String, time: Int64, nonce: String,
        key: Ed25519PrivateKey
    ) throws(CryptoError) -> [(name: String, value: String)] {
        try [(header, clientIP)]
            + RequestSignature.headers(
                method: relayed(method, clientIP), path: path, body: [], signer: signer, time: time,
                nonce: nonce, key: key)
    }

    /// - Parameters:
    ///   - key: of the signer.
    ///   - now: seconds since 1970.
    package func verify(
        method: String, path: String, key: Ed25519PublicKey, now: Int64
    ) throws(RequestSignature.Refusal) {
        try signature.verify(
            method: Self.relayed(method, clientIP), path: path, body: [], key: key, now: now)
    }

    /// Unlike any method, so that a mark is no signature of a request between the planes.
    private static func relayed(_ method: String, _ clientIP: String) -> String {
        "RELAY \(clientIP) \(method)"
    }
}
