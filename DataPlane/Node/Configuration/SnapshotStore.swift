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
        var parts: [String: SnapshotPart] = [:]
        for chunk in manifest.chunks {
            guard let bytes = try files.read(files.chunk(sha256: chunk.sha256)) else {
                throw SnapshotRefusal.missingChunk(chunk.name)
            }
            parts[chunk.name] = try SnapshotPart(chunk, bytes)
        }
        return try Snapshot(manifest, parts: parts, clusterKeys: identity.clusterKeys.map { Array($0) })
    }

    /// A chunk that is on disk already, whole and readable.
    func part(_ chunk: Manifest.Chunk) -> SnapshotPart? {
        guard let bytes = try? files.read(files.chunk(sha256: chunk.sha256)) else { return nil }
        return try? SnapshotPart(chunk, bytes)
    }

    /// Writes a chunk that was checked.
    func write(_ chunk: Manifest.Chunk, _ bytes: [UInt8]) throws(NodeFiles.Failure) {
        try files.write(bytes, to: files.chunk(sha256: chunk.sha256))
    }

    /// Makes this the snapshot that the node starts from. Its chunks are on disk already.
    package func save(_ signed: SignedManifest, _ manifest: Manifest) throws {
        try files.write(Array(JSONEncoder().encode(signed)), to: files.manifest)
        files.removeChunks(except: Set(manifest.chunks.map(\.sha256)))
    }

    /// As `save`, with the bytes of every chunk.
    package func save(_ signed: SignedManifest, _ manifest: Manifest, chunks: [String: [UInt8]]) throws {
        for chunk in manifest.chunks { if let bytes = chunks[chunk.name] { try write(chunk, bytes) } }
        try save(signed, manifest)
    }
}
