import FoundationEssentials
import NodeProtocol

/// The snapshot on disk: the signed manifest, and a file for each chunk named by its hash.
///
/// Chunks are written before the manifest that names them, so that a crash leaves the old snapshot or the new
/// one.
package struct SnapshotStore: Sendable {
    let files: NodeFiles
    private let keeper: IdentityKeeper

    /// The identity as it is now: its cluster keys may change while the node runs.
    var identity: NodeIdentity { keeper.current }

    init(files: NodeFiles, keeper: IdentityKeeper) {
        self.files = files
        self.keeper = keeper
    }

    package init(files: NodeFiles, identity: NodeIdentity) {
        self.init(files: files, keeper: IdentityKeeper(identity, files: files))
    }

    /// The snapshot that was held last. Its signature and hashes are checked again; its expiry is not,
    /// because a node goes on with what it has.
    ///
    /// - Throws: `SnapshotRefusal` or `NodeFiles.Failure`.
    func load() throws -> Snapshot? {
        guard let bytes = try files.read(files.manifest) else { return nil }
        guard let signed = try? JSONDecoder().decode(SignedManifest.self, from: Data(bytes)) else {
            throw SnapshotRefusal.malformed("the file \(files.manifest) is not a signed manifest")
        }
        let manifest = try signed.verified(
            by: identity.signingKeys, clusterID: identity.clusterID, held: nil, now: nil)
        var chunks: [String: [UInt8]] = [:]
        for chunk in manifest.chunks {
            chunks[chunk.name] = try files.read(files.chunk(sha256: chunk.sha256))
        }
        return try Snapshot(manifest, chunks: chunks, clusterKeys: identity.clusterKeys.map { Array($0) })
    }

    /// The bytes of a chunk that is on disk already and whole.
    func chunk(_ chunk: Manifest.Chunk) -> [UInt8]? {
        guard let bytes = try? files.read(files.chunk(sha256: chunk.sha256)), (try? chunk.check(bytes)) != nil
        else {
            return nil
        }
        return bytes
    }

    /// Makes this the snapshot that the node starts from.
    package func save(_ signed: SignedManifest, _ manifest: Manifest, chunks: [String: [UInt8]]) throws {
        for chunk in manifest.chunks where self.chunk(chunk) == nil {
            guard let bytes = chunks[chunk.name] else { continue }
            try files.write(bytes, to: files.chunk(sha256: chunk.sha256))
        }
        try files.write(Array(JSONEncoder().encode(signed)), to: files.manifest)
        files.removeChunks(except: Set(manifest.chunks.map(\.sha256)))
    }
}
