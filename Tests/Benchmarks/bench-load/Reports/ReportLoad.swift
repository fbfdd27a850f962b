import Crypto
import EventLoop
import Glibc
import NodeProtocol

/// Plays nodes that report: each sends its batches one after the other, signed, as a node does.
///
/// The batches are made beforehand, so that what is measured is the intake. Afterwards every batch is sent
/// once more: it must be acknowledged and change nothing.
struct ReportLoad {
    private let address: SocketAddress
    private let host: String
    private let nodes: Int
    private let messages: Int
    private let batchBytes: Int
    private let bodyBytes: Int
    private let tenants: [TenantID]

    init(_ arguments: inout Arguments) throws {
        host = try arguments.required("--target")
        guard let address = SocketAddress(host) else {
            throw Arguments.Mistake(description: "\(host) is no address")
        }
        self.address = address
        nodes = try arguments.int("--nodes", default: 2)
        messages = try arguments.int("--messages", default: 10_000)
        batchBytes = try arguments.int("--batch-bytes", default: 1 << 20)
        bodyBytes = try arguments.int("--body-bytes", default: 0)
        tenants = try TextFile.lines(try arguments.required("--tenants")).compactMap { TenantID(text: $0) }
        guard !tenants.isEmpty else { throw Arguments.Mistake(description: "there is no tenant") }
        try arguments.finish()
    }

    /// The key of a node of the benchmark: everybody may know it.
    static func key(of node: Int) throws -> Ed25519PrivateKey {
        try Ed25519PrivateKey(raw: Digest.sha256(Array("bench node \(node)".utf8)))
    }

    /// A line for each node: its number and its public key.
    static func keys(_ arguments: inout Arguments) throws -> String {
        let nodes = try arguments.int("--nodes", default: 2)
        try arguments.finish()
        return try (1...max(1, nodes)).map { "\($0) \(Hex.encode(try key(of: $0).publicKey.raw))" }
            .joined(separator: "\n")
    }

    func run(on loop: EventLoop) async throws -> String {
        var stories: [ReportStory] = []
        for node in 1...max(1, nodes) {
            var story = ReportStory(node: UInt16(clamping: node), tenants: tenants, bodyBytes: bodyBytes)
            story.make(messages: messages / max(1, nodes), batchBytes: batchBytes)
            stories.append(story)
        }
        let events = stories.reduce(0) { $0 + $1.events }
        let latencies = LoopBound(Latencies(), on: loop)
        let first = try await seconds { try await send(stories, latencies) }
        let batches = latencies.value.summary()
        let replayed = try await seconds { try await send(stories, latencies) }
        let counts = stories.reduce(into: ReportCounts()) { $0.add($1.counts) }
        return "{\"per_s\":\(fixed(Double(events) / first)),\"events\":\(events),"
            + "\"replayed_per_s\":\(fixed(Double(events) / replayed)),\(counts.summary),\(batches)}"
    }

    private func seconds(_ body: () async throws -> Void) async rethrows -> Double {
        let begun = MonotonicTime.now()
        try await body()
        return Double((MonotonicTime.now() - begun).wholeNanoseconds) / 1e9
    }

    private func send(_ stories: [ReportStory], _ latencies: LoopBound<Latencies>) async throws {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for story in stories {
                tasks.addTask {
                    let key = try Self.key(of: Int(story.node))
                    let connection = try await Connection(to: address)
                    defer { connection.close() }
                    for batch in story.batches {
                        let begun = MonotonicTime.now()
                        try await connection.write(try request(batch, story.node, key))
                        let status = try await connection.answer()
                        guard status == 200 else {
                            throw Connection.Unexpected(description: "a report got status \(status)")
                        }
                        latencies.value.add(MonotonicTime.now() - begun)
                    }
                }
            }
            try await tasks.waitForAll()
        }
    }

    private func request(_ batch: [UInt8], _ node: UInt16, _ key: Ed25519PrivateKey) throws -> [UInt8] {
        let headers = try RequestSignature.headers(
            method: "POST", path: NodePaths.reports, body: batch, signer: String(node),
            time: Int64(time(nil)), nonce: Hex.encode(SecureRandom.bytes(16)), key: key)
        var text = "POST \(NodePaths.reports) HTTP/1.1\r\nHost: \(host)\r\n"
        text += "Content-Type: \(Report.contentType)\r\nContent-Length: \(batch.count)\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        return Array("\(text)\r\n".utf8) + batch
    }
}

/// Text files of the benchmark.
enum TextFile {
    /// The lines of a file without their ends; empty ones are left out.
    static func lines(_ path: String) throws -> [String] {
        guard let file = fopen(path, "re") else { throw SystemError.last("open \(path)") }
        defer { fclose(file) }
        var lines: [String] = []
        var line = [CChar](repeating: 0, count: 4_096)
        while fgets(&line, Int32(line.count), file) != nil {
            let bytes = line.prefix { $0 != 0 && $0 != 10 }.map(UInt8.init(bitPattern:))
            if !bytes.isEmpty { lines.append(String(decoding: bytes, as: UTF8.self)) }
        }
        return lines
    }
}
