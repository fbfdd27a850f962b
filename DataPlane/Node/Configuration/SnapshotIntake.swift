import EventLoop
import FoundationEssentials
import NodeProtocol
import Service

/// The one way by which a snapshot comes to hold: check the manifest, fetch the chunks that are missing,
/// build the snapshot, write it, swap it. All or nothing; a refusal is counted and logged, and the old one
/// stays.
///
/// Loop bound. One at a time: a manifest that arrives meanwhile waits for its turn.
actor SnapshotIntake {
    private let store: SnapshotStore
    private let holder: SnapshotHolder
    private let link: ControlPlaneLink
    private let pool: BlockingPool
    private let clock: WallClock
    private let log: Log
    private let metrics: NodeMetrics
    private var busy: Task<SnapshotAnswer, Never>?

    init(
        store: SnapshotStore, holder: SnapshotHolder, link: ControlPlaneLink, pool: BlockingPool,
        clock: WallClock, log: Log, metrics: NodeMetrics
    ) {
        self.store = store
        self.holder = holder
        self.link = link
        self.pool = pool
        self.clock = clock
        self.log = log
        self.metrics = metrics
    }

    /// Takes a signed manifest, pushed or asked for.
    func take(_ signed: SignedManifest) async -> SnapshotAnswer {
        // What is refused at a glance does not wait in line behind what is being fetched.
        do throws(SnapshotRefusal) { _ = try check(signed) } catch { return refuse(error) }
        let before = busy
        let mine = Task {
            _ = await before?.value
            return await self.apply(signed)
        }
        busy = mine
        return await mine.value
    }

    private func apply(_ signed: SignedManifest) async -> SnapshotAnswer {
        do {
            let manifest = try check(signed)
            let chunks = try await gather(manifest)
            let keys = store.identity.clusterKeys.map { Array($0) }
            let snapshot = try Snapshot(manifest, chunks: chunks, clusterKeys: keys)
            try await pool.run { [store] in try store.save(signed, manifest, chunks: chunks) }
            holder.swap(snapshot)
            metrics.snapshotVersion.set(Int(snapshot.version))
            log.info(
                "snapshot taken",
                ["version": .int(Int(snapshot.version)), "tenants": .int(snapshot.tenantCount)])
            return SnapshotAnswer(accepted: true, heldVersion: snapshot.version)
        } catch let refusal as SnapshotRefusal {
            return refuse(refusal)
        } catch {
            metrics.snapshotsRefused("not_stored").increment()
            log.error("snapshot not stored", ["error": .error(error)])
            return SnapshotAnswer(
                accepted: false, heldVersion: holder.current?.version, reason: "not_stored",
                detail: "\(error)")
        }
    }

    private func check(_ signed: SignedManifest) throws(SnapshotRefusal) -> Manifest {
        let identity = store.identity
        return try signed.verified(
            by: identity.signingKeys, clusterID: identity.clusterID, held: holder.current?.version,
            now: clock.now() / 1000)
    }

    /// The same version again is no refusal: the node holds what it is offered.
    private func refuse(_ refusal: SnapshotRefusal) -> SnapshotAnswer {
        let held = holder.current?.version
        if case .notNewer(let offered, let held) = refusal, offered == held {
            return SnapshotAnswer(accepted: true, heldVersion: held)
        }
        metrics.snapshotsRefused(refusal.reason).increment()
        log.warning("snapshot refused", ["reason": .string(refusal.reason), "detail": .describing(refusal)])
        return SnapshotAnswer(
            accepted: false, heldVersion: held, reason: refusal.reason, detail: refusal.description)
    }

    /// The bytes of every chunk: from disk where they are whole, else from the control plane.
    private func gather(_ manifest: Manifest) async throws -> [String: [UInt8]] {
        var chunks: [String: [UInt8]] = [:]
        for chunk in manifest.chunks {
            guard chunk.sizeBytes <= Manifest.maxChunkBytes else {
                throw SnapshotRefusal.chunkSizeDiffers(chunk.name)
            }
            if let bytes = try await pool.run({ [store] in store.chunk(chunk) }) {
                chunks[chunk.name] = bytes
            } else {
                chunks[chunk.name] = try await link.chunk(chunk)
            }
        }
        return chunks
    }
}
