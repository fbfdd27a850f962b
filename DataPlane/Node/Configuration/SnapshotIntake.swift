import EventLoop
import FoundationEssentials
import NodeProtocol
import Service

/// The one way by which a snapshot comes to hold: check the manifest, fetch the chunks that are missing,
/// write and read each, build the snapshot, write the manifest, swap. All or nothing; a refusal is counted
/// and logged, and the old one stays.
///
/// Chunks that the node holds already are neither fetched nor read again. The others are taken a few at a
/// time and let go of as soon as they are read, so that a first load needs little more memory than what it
/// leaves.
///
/// Loop bound. One at a time: a manifest that arrives meanwhile waits for its turn.
actor SnapshotIntake {
    /// Chunks on their way at a time.
    private static let chunksAtOnce = 4

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
            let parts = try await gather(manifest)
            let keys = store.identity.clusterKeys.map { Array($0) }
            let snapshot = try await pool.run { [store, holder] in
                let snapshot = try Snapshot(
                    manifest, parts: parts, clusterKeys: keys, replacing: holder.current)
                try store.save(signed, manifest)
                return snapshot
            }
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

    /// Every chunk that the node does not hold: from disk where it is whole, else from the control plane and
    /// then on disk.
    private func gather(_ manifest: Manifest) async throws -> [String: SnapshotPart] {
        let held = holder.current
        var missing = manifest.chunks.filter { held?.holds($0) != true }[...]
        for chunk in missing where chunk.sizeBytes > Manifest.maxChunkBytes {
            throw SnapshotRefusal.chunkSizeDiffers(chunk.name)
        }
        var parts: [String: SnapshotPart] = [:]
        try await withThrowingTaskGroup(of: (String, SnapshotPart).self) { tasks in
            for chunk in missing.prefix(Self.chunksAtOnce) { tasks.addTask { try await self.part(chunk) } }
            missing = missing.dropFirst(Self.chunksAtOnce)
            while let (name, part) = try await tasks.next() {
                parts[name] = part
                if let chunk = missing.popFirst() { tasks.addTask { try await self.part(chunk) } }
            }
        }
        return parts
    }

    private func part(_ chunk: Manifest.Chunk) async throws -> (String, SnapshotPart) {
        if let part = try await pool.run({ [store] in store.part(chunk) }) { return (chunk.name, part) }
        let bytes = try await link.chunk(chunk)
        let part = try await pool.run { [store] in
            let part = try SnapshotPart(chunk, bytes)
            try store.write(chunk, bytes)
            return part
        }
        return (chunk.name, part)
    }
}
