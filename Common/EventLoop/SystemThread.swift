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

    /// Who schedules the calling thread, if it is not the operating system.
    package static var scheduler: (any ThreadScheduler)? {
        guard let box = clinux_current_scheduler() else { return nil }
        return Unmanaged<SchedulerBox>.fromOpaque(box).takeUnretainedValue().scheduler
    }

    /// Runs `body` on the calling thread as a thread of `scheduler`: what it makes and starts belongs to it.
    package static func run(under scheduler: any ThreadScheduler, _ body: () -> Void) {
        let box = SchedulerBox(scheduler)
        clinux_set_current_scheduler(Unmanaged.passUnretained(box).toOpaque())
        withExtendedLifetime(box, body)
        clinux_set_current_scheduler(nil)
    }

    /// Starts a detached thread; traps when the system has none left, which is at start or never.
    package static func start(name: String, _ body: @escaping @Sendable () -> Void) {
        if let scheduler { return scheduler.startThread(name: name, body) }
        startOnSystem(name: name, body)
    }

    /// Starts a detached thread of the operating system, whoever asks.
    package static func startOnSystem(name: String, _ body: @escaping @Sendable () -> Void) {
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
        if let scheduler {
            // Nobody wakes this box, so only time does.
            let deadline = scheduler.now.advanced(by: time)
            let nobody = SchedulerBox(scheduler)
            while scheduler.now < deadline { scheduler.wait(on: ObjectIdentifier(nobody), until: deadline) }
            return
        }
        let nanoseconds = Int(clamping: time.wholeNanoseconds)
        var time = timespec(tv_sec: nanoseconds / 1_000_000_000, tv_nsec: nanoseconds % 1_000_000_000)
        var rest = timespec()
        while nanosleep(&time, &rest) != 0, errno == EINTR { time = rest }
    }
}

/// Carries a scheduler through one pointer-sized word.
private final class SchedulerBox {
    let scheduler: any ThreadScheduler
    init(_ scheduler: any ThreadScheduler) { self.scheduler = scheduler }
}
