import EventLoop

/// Work that several may ask for at the same moment: the first does it, and the others wait and get its
/// outcome. Any thread may call it; it remembers nothing of what is done.
final class UnderWay<Key: Hashable & Sendable, Failure: Error>: Sendable {
    typealias Outcome = Result<Void, Failure>

    /// Who waits for each key that is being worked on.
    private let waiting = Locked<[Key: [CheckedContinuation<Outcome?, Never>]]>([:])

    /// Does the work, or waits for whoever does it.
    ///
    /// - Returns: whether this caller did it.
    /// - Throws: what the work threw, whoever did it.
    func run(_ key: Key, _ work: () async throws(Failure) -> Void) async throws(Failure) -> Bool {
        let outcome = await withCheckedContinuation { (continuation: CheckedContinuation<Outcome?, Never>) in
            let isFirst = waiting.withLock { waiting in
                guard waiting[key] != nil else {
                    waiting[key] = []
                    return true
                }
                waiting[key]?.append(continuation)
                return false
            }
            if isFirst { continuation.resume(returning: nil) }
        }
        if let outcome {
            try outcome.get()
            return false
        }
        do throws(Failure) { try await work() } catch {
            end(key, .failure(error))
            throw error
        }
        end(key, .success(()))
        return true
    }

    /// How many wait for the one that is at work.
    func waiters(of key: Key) -> Int { waiting.withLock { $0[key]?.count ?? 0 } }

    private func end(_ key: Key, _ outcome: Outcome) {
        let others = waiting.withLock { $0.removeValue(forKey: key) } ?? []
        for other in others { other.resume(returning: outcome) }
    }
}
