import Crypto
import EventLoop
import FoundationEssentials
import NodeProtocol

/// What makes this process a node of its cluster: its number and keys, the pinned keys of the control plane,
/// the cluster key. One file, readable for the owner alone.
package struct NodeIdentity: Codable, Sendable {
    package let node: UInt16
    package let name: String
    package let clusterID: String
    package var signingKeys: [SigningKey]
    /// 32 bytes each, newest last: unseal the secrets of snapshots. Two while the cluster changes its key.
    package var clusterKeys: [Data]
    /// Ed25519, raw 32 bytes.
    package let privateSigningKey: Data
    /// X25519, raw 32 bytes.
    package let privateSealingKey: Data

    package init(
        node: UInt16, name: String, clusterID: String, signingKeys: [SigningKey], clusterKeys: [Data],
        privateSigningKey: Data, privateSealingKey: Data
    ) {
        self.node = node
        self.name = name
        self.clusterID = clusterID
        self.signingKeys = signingKeys
        self.clusterKeys = clusterKeys
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

/// The identity of a running node, whose cluster keys change with the cluster.
final class IdentityKeeper: Sendable {
    private let held: Locked<NodeIdentity>
    private let files: NodeFiles

    init(_ identity: NodeIdentity, files: NodeFiles) {
        held = Locked(identity)
        self.files = files
    }

    var current: NodeIdentity { held.withLock { $0 } }

    /// Unseals the cluster's keys and keeps them; writes only when they are others than before. Blocks on the
    /// disk.
    ///
    /// - Returns: whether something changed.
    /// - Throws: `CryptoError` for a key that was not sealed to this node, `NodeFiles.Failure`.
    func replace(clusterKeys sealed: [SealedClusterKey]) throws -> Bool {
        var identity = current
        let sealing = try X25519PrivateKey(raw: Array(identity.privateSealingKey))
        let keys = try sealed.map { key in
            Data(
                try SealedBox.open(
                    Array(key.sealedKey), with: sealing, context: Array(JoinResponse.clusterKeyContext.utf8)))
        }
        guard !keys.isEmpty, keys != identity.clusterKeys else { return false }
        identity.clusterKeys = keys
        try identity.save(to: files)
        held.withLock { $0 = identity }
        return true
    }
}
