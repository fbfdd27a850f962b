import Crypto
import FoundationEssentials

/// What a snapshot consists of: the signed table of contents. Its bytes are signed as they are, never
/// re-encoded.
package struct Manifest: Codable, Sendable, Equatable {
    /// The highest layout that this code reads. A manifest of a later one is refused, not guessed at. Format
    /// 1 had chunks in JSON, which are read still: a node starts from what its disk holds.
    package static let currentFormat = 2
    package static let maxBytes = 4 * 1024 * 1024
    package static let maxChunks = 2048
    package static let maxChunkBytes = 256 * 1024 * 1024

    package struct Chunk: Codable, Sendable, Hashable {
        /// `global`, `tenants/00` … `tenants/ff`, `suppressions/00` … `suppressions/ff`.
        package let name: String
        /// Lower-case hexadecimal.
        package let sha256: String
        package let sizeBytes: Int

        package init(name: String, sha256: String, sizeBytes: Int) {
            self.name = name
            self.sha256 = sha256
            self.sizeBytes = sizeBytes
        }
    }

    package let format: Int
    package let clusterID: String
    /// Strictly increasing.
    package let version: Int64
    /// Seconds since 1970.
    package let issuedAt: Int64
    package let expiresAt: Int64
    package let keyID: String
    package let chunks: [Chunk]

    package init(
        clusterID: String, version: Int64, issuedAt: Int64, expiresAt: Int64, keyID: String, chunks: [Chunk]
    ) {
        format = Self.currentFormat
        self.clusterID = clusterID
        self.version = version
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
        self.keyID = keyID
        self.chunks = chunks
    }
}

/// A manifest's exact bytes and the detached Ed25519 signature over them; JSON with base64 on the wire and on
/// disk.
package struct SignedManifest: Codable, Sendable, Equatable {
    package let manifest: Data
    package let signature: Data

    /// Signs `manifest` with the cluster's key whose id it names.
    package init(_ manifest: Manifest, key: Ed25519PrivateKey) throws {
        let bytes = try JSONEncoder.sorted.encode(manifest)
        self.manifest = bytes
        signature = Data(try key.sign(Array(bytes)))
    }

    package init(manifest: Data, signature: Data) {
        self.manifest = manifest
        self.signature = signature
    }
}

/// A public key that nodes pinned at enrolment: only what it signed configures them.
package struct SigningKey: Codable, Sendable, Hashable {
    package let keyID: String
    /// Raw 32 bytes.
    package let publicKey: Data

    package init(keyID: String, publicKey: Data) {
        self.keyID = keyID
        self.publicKey = publicKey
    }
}

/// Why a node did not take a snapshot. The raw text is the `reason` of its log line, its metric and its
/// answer.
package enum SnapshotRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    case malformed(String)
    case unsupportedFormat(Int)
    case unknownKey(String)
    case badSignature
    case otherCluster(String)
    case notNewer(offered: Int64, held: Int64)
    case expired(at: Int64)
    case missingChunk(String)
    case chunkSizeDiffers(String)
    case chunkHashDiffers(String)
    case unreadableChunk(String, String)
    /// The shaping, or a tenant's use of it, names what is not there or contradicts itself.
    case unusableShaping(String)

    /// A stable word for metrics.
    package var reason: String {
        switch self {
        case .malformed: "malformed"
        case .unsupportedFormat: "unsupported_format"
        case .unknownKey: "unknown_key"
        case .badSignature: "bad_signature"
        case .otherCluster: "other_cluster"
        case .notNewer: "not_newer"
        case .expired: "expired"
        case .missingChunk: "missing_chunk"
        case .chunkSizeDiffers: "chunk_size_differs"
        case .chunkHashDiffers: "chunk_hash_differs"
        case .unreadableChunk: "unreadable_chunk"
        case .unusableShaping: "unusable_shaping"
        }
    }

    package var description: String {
        switch self {
        case .malformed(let text): "the manifest is malformed: \(text)"
        case .unsupportedFormat(let format):
            "the manifest has format \(format), this node reads up to \(Manifest.currentFormat)"
        case .unknownKey(let key): "the manifest names signing key \(key), which is not pinned"
        case .badSignature: "the signature does not fit the manifest"
        case .otherCluster(let cluster): "the manifest is of cluster \(cluster)"
        case .notNewer(let offered, let held): "version \(offered) is not newer than \(held)"
        case .expired(let at): "the manifest expired at \(at)"
        case .missingChunk(let name): "chunk \(name) is missing"
        case .chunkSizeDiffers(let name): "chunk \(name) has another size than the manifest says"
        case .chunkHashDiffers(let name): "chunk \(name) has another hash than the manifest says"
        case .unreadableChunk(let name, let text): "chunk \(name) cannot be read: \(text)"
        case .unusableShaping(let text): "the shaping cannot come into force: \(text)"
        }
    }
}

extension SignedManifest {
    /// Reads and checks the manifest: a pinned key signed these exact bytes, the cluster is ours, the version
    /// is higher than what is held, it has not expired.
    ///
    /// - Parameters:
    ///   - held: the version that the node holds, or nil for none.
    ///   - now: seconds since 1970; nil skips the expiry, for what the node itself wrote to disk and starts
    ///     from.
    package func verified(
        by keys: [SigningKey], clusterID: String, held: Int64?, now: Int64?
    ) throws(SnapshotRefusal) -> Manifest {
        guard manifest.count <= Manifest.maxBytes else {
            throw .malformed("larger than \(Manifest.maxBytes) bytes")
        }
        // The key's id is read before the signature is checked, to know which key to check it with; nothing
        // else of the manifest is believed until then.
        struct Named: Decodable {
            let keyID: String
            let format: Int
        }
        guard let named = try? JSONDecoder().decode(Named.self, from: manifest) else {
            throw .malformed("not a manifest")
        }
        guard let key = keys.first(where: { $0.keyID == named.keyID }) else { throw .unknownKey(named.keyID) }
        guard let publicKey = try? Ed25519PublicKey(raw: Array(key.publicKey)),
            publicKey.verify(Array(signature), of: Array(manifest))
        else { throw .badSignature }
        guard (1...Manifest.currentFormat).contains(named.format) else {
            throw .unsupportedFormat(named.format)
        }
        let read: Manifest
        do { read = try JSONDecoder().decode(Manifest.self, from: manifest) } catch {
            throw .malformed("\(error)")
        }
        guard read.clusterID == clusterID else { throw .otherCluster(read.clusterID) }
        if let held, read.version <= held { throw .notNewer(offered: read.version, held: held) }
        if let now, read.expiresAt <= now { throw .expired(at: read.expiresAt) }
        guard read.chunks.count <= Manifest.maxChunks, Set(read.chunks.map(\.name)).count == read.chunks.count
        else {
            throw .malformed("too many chunks, or one name twice")
        }
        return read
    }
}

extension Manifest.Chunk {
    /// Checks that `bytes` are what the manifest means by this chunk.
    package func check(_ bytes: [UInt8]) throws(SnapshotRefusal) {
        guard bytes.count == sizeBytes else { throw .chunkSizeDiffers(name) }
        guard Hex.encode(Digest.sha256(bytes)) == sha256 else { throw .chunkHashDiffers(name) }
    }
}

extension JSONEncoder {
    /// Keys in order and slashes as they are, so that equal values have equal bytes.
    package static var sorted: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}
