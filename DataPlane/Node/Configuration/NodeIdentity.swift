import Crypto
import FoundationEssentials
import NodeProtocol

/// What makes this process a node of its cluster: its number and keys, the pinned keys of the control plane, the
/// cluster key. One file, readable for the owner alone.
struct NodeIdentity: Codable, Sendable {
    let node: UInt16
    let name: String
    let clusterID: String
    var signingKeys: [SigningKey]
    /// 32 bytes: unseals the secrets of snapshots.
    var clusterKey: Data
    /// Ed25519, raw 32 bytes.
    let privateSigningKey: Data
    /// X25519, raw 32 bytes.
    let privateSealingKey: Data

    /// - Throws: `NodeFiles.Failure`, or a `DecodingError` for a file that is none of ours.
    static func load(from files: NodeFiles) throws -> NodeIdentity? {
        guard let bytes = try files.read(files.identity) else { return nil }
        return try JSONDecoder().decode(NodeIdentity.self, from: Data(bytes))
    }

    func save(to files: NodeFiles) throws {
        try files.write(Array(JSONEncoder.sorted.encode(self)), to: files.identity)
    }

    func signingKey() throws(CryptoError) -> Ed25519PrivateKey {
        try Ed25519PrivateKey(raw: Array(privateSigningKey))
    }
}
