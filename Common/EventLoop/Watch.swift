import CLinux

/// A level-triggered registration of a descriptor that a library owns (libcurl). Loop thread only.
package final class Watch: EventSink {
    private let loop: EventLoop
    private let fd: Int32
    private var token: UInt64 = 0
    private var body: ((_ readable: Bool, _ writable: Bool) -> Void)?

    fileprivate init(
        _ fd: Int32, read: Bool, write: Bool, on loop: EventLoop,
        _ body: @escaping (_ readable: Bool, _ writable: Bool) -> Void
    ) throws(SystemError) {
        self.fd = fd
        self.loop = loop
        self.body = body
        token = try loop.register(fd, events: Self.events(read: read, write: write), self)
    }

    /// Changes what is waited for.
    package func update(read: Bool, write: Bool) {
        guard body != nil else { return }
        loop.modify(fd, events: Self.events(read: read, write: write), token: token)
    }

    /// Ends the registration; may be called again.
    package func cancel() {
        guard body != nil else { return }
        body = nil
        loop.unregister(fd, token: token)
    }

    func ready(_ events: UInt32) {
        let broken = events & (clinux_EPOLLERR | clinux_EPOLLHUP) != 0
        body?(broken || events & clinux_EPOLLIN != 0, broken || events & clinux_EPOLLOUT != 0)
    }

    private static func events(read: Bool, write: Bool) -> UInt32 {
        (read ? clinux_EPOLLIN : 0) | (write ? clinux_EPOLLOUT : 0)
    }
}

extension EventLoop {
    /// Calls `body` on the loop as long as the descriptor is ready for what is asked, until the watch is
    /// cancelled.
    package func watch(
        _ fd: Int32, read: Bool, write: Bool,
        _ body: @escaping @Sendable (_ readable: Bool, _ writable: Bool) -> Void
    ) throws(SystemError) -> Watch {
        try Watch(fd, read: read, write: write, on: self, body)
    }

    /// Suspends until the descriptor of a library can be read.
    ///
    /// - Throws: `.timedOut`, or the system's error when the descriptor cannot be waited for.
    package func waitReadable(_ fd: Int32, timeout: Duration?) async throws(StreamError) {
        try await waitOnce(fd, read: true, timeout: timeout)
    }

    /// Suspends until the descriptor of a library can be written.
    package func waitWritable(_ fd: Int32, timeout: Duration?) async throws(StreamError) {
        try await waitOnce(fd, read: false, timeout: timeout)
    }

    private func waitOnce(_ fd: Int32, read: Bool, timeout: Duration?) async throws(StreamError) {
        let result: Result<Void, StreamError> = await withUnsafeContinuation { continuation in
            let once = Once(continuation)
            do throws(SystemError) {
                once.watch = try Watch(fd, read: read, write: !read, on: self) { _, _ in
                    once.end(.success(()))
                }
                if let timeout {
                    once.timer = at(MonotonicTime.now().advanced(by: timeout)) {
                        once.end(.failure(.timedOut))
                    }
                }
            } catch {
                continuation.resume(returning: .failure(.system(error.code, error.operation)))
            }
        }
        try result.get()
    }
}

/// One wait for a descriptor or a time, whichever comes first.
private final class Once {
    var watch: Watch?
    var timer: TimerHandle?
    private var continuation: UnsafeContinuation<Result<Void, StreamError>, Never>?

    init(_ continuation: UnsafeContinuation<Result<Void, StreamError>, Never>) {
        self.continuation = continuation
    }

    func end(_ result: Result<Void, StreamError>) {
        watch?.cancel()
        timer?.cancel()
        watch = nil
        continuation?.resume(returning: result)
        continuation = nil
    }
}
