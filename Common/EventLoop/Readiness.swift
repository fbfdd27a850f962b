import CLinux
import Glibc

/// The edges of one descriptor that this library owns, and the tasks that wait for them.
///
/// Registered once for reading and writing, edge-triggered: callers try the system call first and wait only
/// when it would block. An edge that comes while nobody waits is latched. One timer serves all waits of a
/// direction: it is set when none is armed and looks again when it fires, so that a wait costs no timer
/// operation.
final class Readiness: EventSink {
    private let loop: EventLoop
    private let fd: Int32
    private var token: UInt64 = 0
    private let read: Edge
    private let write: Edge
    private var closed = false

    /// - Parameter isConnecting: the first edge for writing says that the connection stands or has failed.
    init(_ fd: Int32, on loop: EventLoop, isConnecting: Bool = false) throws(SystemError) {
        self.fd = fd
        self.loop = loop
        read = Edge(on: loop, isLatched: true)
        write = Edge(on: loop, isLatched: !isConnecting)
        let edges = clinux_EPOLLIN | clinux_EPOLLOUT | clinux_EPOLLRDHUP | 0x8000_0000
        token = try loop.register(fd, events: edges, self)
    }

    func ready(_ events: UInt32) {
        let broken = events & (clinux_EPOLLERR | clinux_EPOLLHUP) != 0
        if events & (clinux_EPOLLRDHUP | clinux_EPOLLHUP) != 0 { read.isLast = true }
        if broken || events & (clinux_EPOLLIN | clinux_EPOLLRDHUP) != 0 { read.wake(.ready) }
        if broken || events & clinux_EPOLLOUT != 0 { write.wake(.ready) }
    }

    func waitReadable(timeout: Duration) async throws(StreamError) { try await wait(read, timeout) }

    func waitWritable(timeout: Duration) async throws(StreamError) { try await wait(write, timeout) }

    /// Forgets the descriptor; whoever waits gets `.closed`. The owner closes it at once, which is what ends
    /// its registration.
    func close() {
        guard !closed else { return }
        closed = true
        loop.forget(token)
        read.end()
        write.end()
    }

    private func wait(_ edge: Edge, _ timeout: Duration) async throws(StreamError) {
        loop.preconditionIsCurrent()
        if closed { throw .closed }
        try await edge.wait(timeout)
    }
}

/// One direction of a descriptor.
private final class Edge {
    enum Wait { case ready, timedOut, closed }

    private let loop: EventLoop
    private var isLatched: Bool
    private var waiter: UnsafeContinuation<Wait, Never>?
    private var deadline = MonotonicTime(nanoseconds: .max)
    private var timer: TimerHandle?
    /// The peer sends no more: no edge comes behind this one, so nobody may wait for it.
    var isLast = false

    init(on loop: EventLoop, isLatched: Bool) {
        self.loop = loop
        self.isLatched = isLatched
    }

    func wait(_ timeout: Duration) async throws(StreamError) {
        if isLast { return }
        if isLatched {
            isLatched = false
            return
        }
        // One task reads and one writes: a second one in the same direction is a mistake that must not end
        // the process.
        guard waiter == nil else { throw .system(EBUSY, "two tasks wait on one stream") }
        deadline = MonotonicTime.now().advanced(by: timeout)
        arm()
        switch await withUnsafeContinuation({ waiter = $0 }) {
        case .ready: return
        case .timedOut: throw .timedOut
        case .closed: throw .closed
        }
    }

    func wake(_ result: Wait) {
        guard let waiter else {
            isLatched = true
            return
        }
        self.waiter = nil
        waiter.resume(returning: result)
    }

    func end() {
        wake(.closed)
        timer?.cancel()
    }

    private func arm() {
        if let timer {
            guard deadline < timer.deadline else { return }
            timer.cancel()
        }
        timer = loop.at(deadline) { [weak self] in self?.timerFired() }
    }

    private func timerFired() {
        timer = nil
        guard waiter != nil else { return }
        if deadline <= MonotonicTime.now() { wake(.timedOut) } else { arm() }
    }
}
