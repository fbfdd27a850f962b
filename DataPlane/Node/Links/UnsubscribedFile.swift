import EventLoop
import FoundationEssentials
import Service

/// Keeps `Unsubscribed` over restarts: the whole list in one file, which is small, because the snapshot takes
/// over what it has.
///
/// Writes are one after the other; those who ask while one runs share the next.
actor UnsubscribedFile {
    nonisolated let list: Unsubscribed
    private let files: NodeFiles
    private let pool: BlockingPool
    private var running: Task<Void, any Error>?
    /// Has not begun: it writes what the list holds when it does.
    private var next: Task<Void, any Error>?

    /// Reads the file; blocks. One that cannot be read is an error in the log and no reason not to start.
    init(_ files: NodeFiles, pool: BlockingPool, log: Log) {
        self.files = files
        self.pool = pool
        var rows: [Unsubscribed.Row] = []
        do {
            if let bytes = try files.read(files.unsubscribed) {
                rows = try JSONDecoder().decode([Unsubscribed.Row].self, from: Data(bytes))
            }
        } catch { log.error("who unsubscribed here lately is lost", ["error": .error(error)]) }
        list = Unsubscribed(rows)
    }

    /// Returns when what the list holds at the call is on disk.
    func save() async throws {
        if let next { return try await next.value }
        let before = running
        let task = Task {
            _ = try? await before?.value
            self.begin()
            try await self.pool.run { [list, files] in
                try files.write(Array(try JSONEncoder().encode(list.rows)), to: files.unsubscribed)
            }
        }
        next = task
        try await task.value
    }

    private func begin() {
        running = next
        next = nil
    }
}
