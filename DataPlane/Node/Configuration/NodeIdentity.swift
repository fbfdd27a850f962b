import Crypto
import FoundationEssentials
import NodeProtocol

/// What makes this process a node of its cluster: its number and keys, the pinned keys of the control plane, the
/// cluster key. One file, readable for the owner alone.
package struct NodeIdentity: Codable, Sendable {
    package let node: UInt16
    package let name: String
    package let clusterID: String
    package var signingKeys: [SigningKey]
    /// 32 bytes: unseals the secrets of snapshots.
    package var clusterKey: Data
    /// Ed25519, raw 32 bytes.
    package let privateSigningKey: Data
    /// X25519, raw 32 bytes.
    package let privateSealingKey: Data

    package init(
        node: UInt16, name: String, clusterID: String, signingKeys: [SigningKey], clusterKey: Data,
        privateSigningKey: Data, privateSealingKey: Data
    ) {
        self.node = node
        self.name = name
        self.clusterID = clusterID
        self.signingKeys = signingKeys
        self.clusterKey = clusterKey
        self.privateSigningKey = privateSigningKey
        self.privateSealingKey = privateSealingKey
    }

    /// - Throws: `NodeFiles.Failure`, or a `DecodingError` for a file that is none of ours.
    static func load(from files: NodeFiles) throws -> NodeIdentity? {
        guard let bytes = try files.read(files.identity) else { return nil }
        return try JSONDecoder().decode(NodeIdentity.self, from: Data(bytes))
    }

    /// Writes the one file, readable for the owner alone.
    package func save(to files: NodeFiles) throws {
        try files.write(Array(JSONEncoder.sorted.encode(self)), to: files.identity)
    }

    func signingKey() throws(CryptoError) -> Ed25519PrivateKey {
        try Ed25519PrivateKey(raw: Array(privateSigningKey))
    }
}
