import EventLoop
import FoundationEssentials
import HTTPClient
import NodeProtocol
import Postgres
import TestSupport
import Testing

@testable import ControlPlane

/// What the publisher does at a look, and that it rests when there is nothing to do.
@Suite(.enabled(if: TestPostgres.isInstalled)) struct PublisherTests {
    @Test func `a publisher with nothing to publish makes no version and wakes nobody`() async throws {
        let bench = try await PublisherBench.make()
        try await bench.look()
        let before = try await bench.version()
        let payloads = try await bench.notifications {
            for _ in 0..<3 { #expect(try await bench.look() == nil) }
            // Another process of the cluster starts.
            try await bench.system { try await bench.keys.ensure($0) }
            #expect(try await bench.look() == nil)
        }
        #expect(payloads.isEmpty)
        #expect(try await bench.version() == before)
        await bench.stop()
    }

    @Test func `a change makes one version`() async throws {
        let bench = try await PublisherBench.make()
        try await bench.look()
        let before = try await bench.version()
        try await bench.system {
            try await $0.query("INSERT INTO cluster_settings (name, value) VALUES ('test', '1')")
        }
        #expect(try await bench.look() == before + 1)
        #expect(try await bench.look() == nil)
        await bench.stop()
    }

    @Test func `a rotation of the cluster key makes one version at each of its steps`() async throws {
        let bench = try await PublisherBench.make()
        try await bench.system { connection in
            try await connection.query(
                """
                INSERT INTO nodes (
                    name, state, signing_public_key, sealing_public_key, control_url, cluster_key_id)
                SELECT 'n1', 'active', sha256('a'), sha256('b'), 'http://n1.example.test', key_id
                FROM cluster_keys
                """)
        }
        try await bench.look()
        let before = try await bench.version()

        try await bench.system { try await bench.keys.addClusterKey($0) }
        #expect(try await bench.look() == before + 1)
        for _ in 0..<3 { #expect(try await bench.look() == nil) }

        try await bench.system { connection in
            try await connection.query(
                """
                UPDATE nodes SET cluster_key_id = (
                    SELECT key_id FROM cluster_keys ORDER BY created_at DESC LIMIT 1)
                """)
        }
        #expect(try await bench.look() == before + 2)
        for _ in 0..<3 { #expect(try await bench.look() == nil) }
        await bench.stop()
    }

    @Test func `built-in rows of an older program are noticed, and problems of the newest are not`()
        async throws
    {
        let bench = try await PublisherBench.make()
        try await bench.look()
        #expect(try await !bench.isOutdated())
        try await bench.system { connection in
            let row = try await connection.query(
                """
                SELECT c.bytes FROM published_chunks p JOIN snapshot_chunks c USING (name, sha256)
                WHERE p.name = 'global'
                """
            ).first
            let bytes: [UInt8] = try #require(row)["bytes"]
            var chunk = try JSONDecoder().decode(GlobalChunk.self, from: Data(bytes))
            chunk.shaping?.providers.removeFirst()
            let older = Array(try JSONEncoder().encode(chunk))
            try await connection.query(
                """
                INSERT INTO snapshot_chunks (name, sha256, bytes)
                VALUES ('global', sha256(\(older)), \(older))
                """)
            try await connection.query(
                "UPDATE published_chunks SET sha256 = sha256(\(older)) WHERE name = 'global'")
        }
        #expect(try await bench.isOutdated())
        try await bench.system { connection in
            try await connection.query(
                """
                INSERT INTO warm_up_plans (id, groups) VALUES ('bad', '[]')
                """)
        }
        #expect(try await !bench.isOutdated())
        await bench.stop()
    }

    @Test func `what changed last does not wait behind a bulk change, and that does not wait for ever`()
        async throws
    {
        let bench = try await PublisherBench.make(maxBuildTime: .zero)
        let bulk = (10..<30).map { "suppressions/\($0)" }
        let urgent = ["tenants/aa", "tenants/bb"]
        func change(_ names: [String]) async throws {
            try await bench.system { connection in
                for name in names { try await connection.query("SELECT bump_chunk(\(name)::text)") }
            }
        }
        try await change(bulk + urgent)
        while try await bench.look() != nil {}

        try await change(bulk)
        try await change(urgent)
        var before = try await bench.published()
        var versions: [Set<String>] = []
        while try await bench.look() != nil {
            let now = try await bench.published()
            versions.append(Set(now.keys.filter { now[$0] != before[$0] }))
            before = now
        }
        let first = try #require(versions.first)
        #expect(first.isSuperset(of: urgent))
        #expect(first.count == urgent.count + 1)
        #expect(versions.count > 3)
        #expect(versions.reduce(into: Set()) { $0.formUnion($1) } == Set(bulk + urgent))
        await bench.stop()
    }

    @Test func `a chunk that only a newer program knows makes no version`() async throws {
        let bench = try await PublisherBench.make()
        try await bench.look()
        try await bench.system { try await $0.query("SELECT bump_chunk('future/00')") }
        for _ in 0..<2 { #expect(try await bench.look() == nil) }
        await bench.stop()
    }
}

/// A publisher that looks when the test says so, on the database of a control plane that has stopped.
private struct PublisherBench: Sendable {
    let publisher: Publisher
    let election: LeaderElection
    let keys: ClusterKeys
    private let blocking: BlockingPool
    private let loop: EventLoop
    private let database: PostgresConfiguration

    static func make(maxBuildTime: Duration = .seconds(60)) async throws -> PublisherBench {
        let control = try await ServiceFixture.make()
        await control.stop()
        let context = control.context
        let loop = context.loop
        let database = context.pool.configuration
        let keys = ClusterKeys(masterSeal: context.masterSeal)
        let (metrics, stopping) = (ControlMetrics(), StopFlag())
        // The threads of the control plane ended with it.
        let blocking = BlockingPool(threads: 1, name: "publisher-bench")
        let client = try await loop.run {
            try HTTPClient(on: loop, HTTPClientSettings(egressGuard: .unrestricted))
        }
        var builder = SnapshotBuilder(
            keys: keys,
            global: GlobalChunkBuilder(context),
            lifetimeSeconds: 86_400, blocking: blocking, log: context.log)
        builder.maxBuildTime = maxBuildTime
        let publisher = Publisher(
            context: context, configuration: database, builder: builder,
            pusher: NodePusher(context: context, client: client, metrics: metrics, stopping: stopping),
            metrics: metrics, stopping: stopping)
        let election = LeaderElection(key: Publisher.lockKey, database, on: loop)
        // The stopped one gives the lead up when it has finished what it was at.
        for _ in 0..<3_000 where try await !election.tryAcquire() { await loop.pause(.milliseconds(10)) }
        return PublisherBench(
            publisher: publisher, election: election, keys: keys, blocking: blocking, loop: loop,
            database: database)
    }

    /// The version that a look made; nil when it made none.
    @discardableResult
    func look() async throws -> Int64? { try await publisher.publish(election)?.version }

    /// The revision of each chunk in the newest version.
    func published() async throws -> [String: Int64] {
        try await election.asLeader(.system) { connection in
            let rows = try await connection.query("SELECT name, revision FROM published_chunks")
            return Dictionary(
                uniqueKeysWithValues: try rows.map { (try $0["name"] as String, try $0["revision"] as Int64) }
            )
        }
    }

    func isOutdated() async throws -> Bool {
        let global = publisher.builder.global
        return try await election.asLeader(.system) { try await global.isOutdated($0) }
    }

    func system(_ body: @escaping @Sendable (PostgresConnection) async throws -> Void) async throws {
        try await election.asLeader(.system, body)
    }

    /// The newest version.
    func version() async throws -> Int64 {
        try await election.asLeader(.system) { connection in
            let row = try await connection.query("SELECT max(version) AS newest FROM snapshot_versions").first
            return try #require(row)["newest"]
        }
    }

    /// Which chunks were announced as changed meanwhile.
    func notifications(during body: @escaping @Sendable () async throws -> Void) async throws -> [String] {
        try await loop.run {
            let listener = try await PostgresConnection.connect(database)
            defer { listener.close() }
            try await listener.listen(to: "dispatch_changes")
            try await body()
            // Notifications come in the order of their commits: this is the last.
            try await listener.query("SELECT pg_notify('dispatch_changes', 'end')")
            var payloads: [String] = []
            while let notification = try await listener.nextNotification(timeout: .seconds(30)),
                notification.payload != "end"
            { payloads.append(notification.payload) }
            return payloads
        }
    }

    func stop() async {
        await election.resign()
        blocking.stop()
    }
}
