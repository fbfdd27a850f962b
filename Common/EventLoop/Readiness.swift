import CLinux
import Glibc

/// The edges of one descriptor that this library owns, and the tasks that wait for them.
///
/// Registered once for reading and writing, edge-triggered: callers try the system call first and wait only
/// when it would block. An edge that comes while nobody waits is latched. One timer serves all waits of a
/// direction: it is set when none is armed and looks again when it fires, so that a wait costs no timer
/// operation.
final class Readiness: EventSink {
    enum Wait { case ready, timedOut, closed }

    private struct Direction {
        var latched = true
        var waiter: UnsafeContinuation<Wait, Never>?
        var deadline = MonotonicTime(nanoseconds: .max)
        var timer: TimerHandle?
    }

    private let loop: EventLoop
    private let fd: Int32
    private var token: UInt64 = 0
    private var read = Direction()
    private var write = Direction()
    private var closed = false
    /// The peer sends no more: no edge for reading comes behind this one, so nobody may wait for it.
    private var hasEnded = false

    /// - Parameter isConnecting: the first edge for writing says that the connection stands or has failed.
    init(_ fd: Int32, on loop: EventLoop, isConnecting: Bool = false) throws(SystemError) {
        self.fd = fd
        self.loop = loop
        write.latched = !isConnecting
        let edges = clinux_EPOLLIN | clinux_EPOLLOUT | clinux_EPOLLRDHUP | 0x8000_0000
        token = try loop.register(fd, events: edges, self)
    }

    func ready(_ events: UInt32) {
        let broken = events & (clinux_EPOLLERR | clinux_EPOLLHUP) != 0
        if events & (clinux_EPOLLRDHUP | clinux_EPOLLHUP) != 0 { hasEnded = true }
        if broken || events & (clinux_EPOLLIN | clinux_EPOLLRDHUP) != 0 { wake(\.read, .ready) }
        if broken || events & clinux_EPOLLOUT != 0 { wake(\.write, .ready) }
    }

    func waitReadable(timeout: Duration) async throws(StreamError) { try await wait(\.read, timeout) }

    func waitWritable(timeout: Duration) async throws(StreamError) { try await wait(\.write, timeout) }

    /// Forgets the descriptor; whoever waits gets `.closed`. The owner closes it at once, which is what ends
    /// its registration.
    func close() {
        guard !closed else { return }
        closed = true
        loop.forget(token)
        wake(\.read, .closed)
        wake(\.write, .closed)
        read.timer?.cancel()
        write.timer?.cancel()
    }

    private func wait(
        _ direction: ReferenceWritableKeyPath<Readiness, Direction>, _ timeout: Duration
    ) async throws(StreamError) {
        loop.preconditionIsCurrent()
        if closed { throw .closed }
        if hasEnded, direction == \.read { return }
        if self[keyPath: direction].latched {
            self[keyPath: direction].latched = false
            return
        }
        // One task reads and one writes: a second one in the same direction is a mistake that must not end
        // the process.
        guard self[keyPath: direction].waiter == nil else {
            throw .system(EBUSY, "two tasks wait on one stream")
        }
        self[keyPath: direction].deadline = MonotonicTime.now().advanced(by: timeout)
        arm(direction)
        let result = await withUnsafeContinuation { self[keyPath: direction].waiter = $0 }
        switch result {
        case .ready: return
        case .timedOut: throw .timedOut
        case .closed: throw .closed
        }
    }

    private func wake(_ direction: ReferenceWritableKeyPath<Readiness, Direction>, _ result: Wait) {
        guard let waiter = self[keyPath: direction].waiter else {
            self[keyPath: direction].latched = true
            return
        }
        self[keyPath: direction].waiter = nil
        waiter.resume(returning: result)
    }

    private func arm(_ direction: ReferenceWritableKeyPath<Readiness, Direction>) {
        let deadline = self[keyPath: direction].deadline
        if let timer = self[keyPath: direction].timer {
            guard deadline < timer.deadline else { return }
            timer.cancel()
        }
        self[keyPath: direction].timer = loop.at(deadline) { [weak self] in self?.timerFired(direction) }
    }

    private func timerFired(_ direction: ReferenceWritableKeyPath<Readiness, Direction>) {
        self[keyPath: direction].timer = nil
        guard self[keyPath: direction].waiter != nil else { return }
        if self[keyPath: direction].deadline <= MonotonicTime.now() {
            wake(direction, .timedOut)
        } else {
            arm(direction)
        }
    }
}
