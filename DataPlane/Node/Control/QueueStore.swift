import EventLoop
import FoundationEssentials
import NodeProtocol
import Queue

/// What of the queue's control survives a restart: restrictions and the counts of warm-ups in one file, and
/// the recipients that operators hold in another. Everything else is in the spool.
///
/// Each file is replaced as a whole. Writes happen on the pool's threads, one after the other in the order in
/// which they were asked for. Loop bound.
final class QueueStore {
    /// What the first file holds.
    struct Memory: Codable, Equatable {
        var restrictions: [RestrictionView] = []
        var warmUp = WarmUpLedger.State()
    }

    private static let bytesPerHeld = 18

    private let loop: EventLoop
    private let pool: BlockingPool
    private let files: NodeFiles
    private var last: Task<Void, any Error>?

    init(on loop: EventLoop, pool: BlockingPool, files: NodeFiles) {
        self.loop = loop
        self.pool = pool
        self.files = files
    }

    /// Before the loops run, or off them: blocks.
    static func load(_ files: NodeFiles) throws -> Memory {
        guard let bytes = try files.read(files.queue) else { return Memory() }
        return try JSONDecoder().decode(Memory.self, from: Data(bytes))
    }

    /// The held recipients of each message; blocks. What is cut short is left out.
    static func loadHeld(_ files: NodeFiles) throws -> [MessageID: Set<UInt16>] {
        let bytes = try files.read(files.held) ?? []
        var held: [MessageID: Set<UInt16>] = [:]
        var rest = bytes[...]
        while rest.count >= bytesPerHeld {
            let words = rest.prefix(bytesPerHeld)
            let id = MessageID(high: word(words.prefix(8)), low: word(words.dropFirst(8).prefix(8)))
            held[id, default: []].insert(UInt16(truncatingIfNeeded: word(words.dropFirst(16))))
            rest = rest.dropFirst(bytesPerHeld)
        }
        return held
    }

    func save(_ memory: Memory) async throws {
        let bytes = Array(try JSONEncoder.sorted.encode(memory))
        try await write(bytes, to: files.queue)
    }

    func save(held: [(id: MessageID, recipients: RecipientIndexes)]) async throws {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(held.count * Self.bytesPerHeld)
        for (id, recipients) in held {
            for recipient in recipients {
                for word in [id.high, id.low] { withUnsafeBytes(of: word.bigEndian) { bytes += $0 } }
                withUnsafeBytes(of: recipient.bigEndian) { bytes += $0 }
            }
        }
        try await write(bytes, to: files.held)
    }

    private func write(_ bytes: [UInt8], to path: String) async throws {
        let before = last
        let task = Task(executorPreference: loop) { [pool, files] in
            _ = try? await before?.value
            try await pool.run { try files.write(bytes, to: path) }
        }
        last = task
        try await task.value
    }

    private static func word(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
