import Crypto
import EventLoop

/// Random words that nobody can guess, drawn from the generator 4 KiB at a time.
final class RandomWords: Sendable {
    private struct Store {
        var bytes: [UInt8] = []
        var used = 0
    }

    private let store = Locked(Store())
    private let source: @Sendable (Int) -> [UInt8]

    /// - Parameter source: gives so many bytes; a simulation hands in its own.
    init(source: @escaping @Sendable (Int) -> [UInt8] = { SecureRandom.bytes($0) }) { self.source = source }

    func next() -> UInt64 {
        store.withLock { store in
            if store.used + 8 > store.bytes.count {
                store.bytes = source(4096)
                store.used = 0
            }
            defer { store.used += 8 }
            return store.bytes[store.used..<store.used + 8].reduce(0) { $0 << 8 | UInt64($1) }
        }
    }
}
