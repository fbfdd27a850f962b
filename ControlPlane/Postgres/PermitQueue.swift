import EventLoop

/// A fixed number of permits and a bounded line of tasks that wait for one, first come first served.
///
/// Belongs to one loop; nothing here is locked.
final class PermitQueue {
    private struct Waiter {
        let number: UInt64
        let continuation: UnsafeContinuation<Bool, Never>
    }

    private let loop: EventLoop
    private let maxWaiters: Int
    private(set) var free: Int
    private var waiters: [Waiter] = []
    private var lastNumber: UInt64 = 0

    init(permits: Int, maxWaiters: Int, loop: EventLoop) {
        free = permits
        self.maxWaiters = maxWaiters
        self.loop = loop
    }

    var waiting: Int { waiters.count }

    /// Takes a permit; false when the line is full or the wait took longer than `timeout`.
    func take(timeout: Duration) async -> Bool {
        if free > 0 {
            free -= 1
            return true
        }
        guard waiters.count < maxWaiters else { return false }
        lastNumber += 1
        let number = lastNumber
        let queue = LoopBound(self, on: loop)
        let timer = loop.after(timeout) { queue.value.expire(number) }
        let granted = await withUnsafeContinuation { continuation in
            waiters.append(Waiter(number: number, continuation: continuation))
        }
        timer.cancel()
        return granted
    }

    /// Gives a permit back; it goes straight to whoever waits longest.
    func give() {
        guard !waiters.isEmpty else {
            free += 1
            return
        }
        waiters.removeFirst().continuation.resume(returning: true)
    }

    /// Sends everybody in the line away.
    func refuseAll() {
        let refused = waiters
        waiters = []
        for waiter in refused { waiter.continuation.resume(returning: false) }
    }

    private func expire(_ number: UInt64) {
        guard let index = waiters.firstIndex(where: { $0.number == number }) else { return }
        waiters.remove(at: index).continuation.resume(returning: false)
    }
}
