import CLinux
import Glibc

/// A thread of the operating system with a name that `top -H` and `perf` show.
package enum SystemThread {
    private final class Start {
        let name: String
        let body: @Sendable () -> Void
        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// Starts a detached thread; traps when the system has none left, which is at start or never.
    package static func start(name: String, _ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let start = Unmanaged.passRetained(Start(name: name, body: body))
        let code = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                clinux_set_thread_name(String(start.name.prefix(15)))
                start.body()
                return nil
            }, start.toOpaque())
        precondition(code == 0, "pthread_create: \(String(cString: strerror(code)))")
        pthread_detach(thread)
    }

    /// Blocks the calling thread: for threads that have nothing else to do, never on a loop.
    package static func sleep(_ time: Duration) {
        let nanoseconds = Int(clamping: time.wholeNanoseconds)
        var time = timespec(tv_sec: nanoseconds / 1_000_000_000, tv_nsec: nanoseconds % 1_000_000_000)
        var rest = timespec()
        while nanosleep(&time, &rest) != 0, errno == EINTR { time = rest }
    }
}
