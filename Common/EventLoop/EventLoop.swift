import CLinux
import Glibc

/// One thread, one epoll, and the executor of the tasks that live on it.
///
/// A connection is one `async` function that was given to `spawn`: it reads from top to bottom and never
/// leaves this thread, so what it owns needs no lock. Jobs that are enqueued from the loop's own thread go to
/// a plain array; from elsewhere they go through an inbox and one eventfd. Nothing that blocks may run here:
/// file synchronisation, password hashing and cold reads belong on a `BlockingPool`.
///
/// A tick runs the jobs that are ready, waits in epoll until a descriptor, a timer or the inbox has
/// something, and hands it out. Descriptors of streams are registered once, edge-triggered; those of
/// libraries (libpq, libcurl) level-triggered for as long as somebody waits.
///
/// Fails only when the system has no descriptors left at `init`. Limits: 256 events a tick, jobs in batches
/// of what had arrived when the batch began, so that no task can starve the descriptors.
///
/// Unchecked, because everything but the inbox is touched by the loop's own thread alone.
package final class EventLoop: TaskExecutor, @unchecked Sendable {
    enum Work {
        case job(UnownedJob)
        case function(@Sendable () -> Void)
    }

    private struct Inbox {
        var work: [Work] = []
        var wakePending = false
    }

    private static let maxKeptCapacity = 65_536

    package let name: String
    let epoll: Int32
    private let wakeup: Int32
    private let inbox = Locked(Inbox())
    private let ended = Condition(false)
    // Of the loop's own thread, and used for the time of a line: no look at each whether that overlaps.
    @exclusivity(unchecked) private var local: [Work] = []
    @exclusivity(unchecked) private var batch: [Work] = []
    /// Changes places with the inbox's, so that neither has to grow again.
    @exclusivity(unchecked) private var arrived: [Work] = []
    private var timers = TimerHeap()
    private var slots = SlotTable()
    private var stopping = false
    private let scheduler = SystemThread.scheduler
    @exclusivity(unchecked) private var time = MonotonicTime.now()
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 * 1024, alignment: 16)

    package init(name: String = "loop") throws(SystemError) {
        self.name = name
        guard SystemThread.scheduler == nil else {
            // Nothing of the system is waited for, so a simulation may make as many loops as it likes.
            (epoll, wakeup) = (-1, -1)
            return
        }
        epoll = clinux_epoll_create()
        guard epoll >= 0 else { throw .last("epoll_create1") }
        wakeup = clinux_eventfd()
        guard wakeup >= 0 else {
            close(epoll)
            throw .last("eventfd")
        }
        signal(SIGPIPE, SIG_IGN)
        _ = clinux_epoll_ctl(epoll, clinux_EPOLL_CTL_ADD, wakeup, clinux_EPOLLIN, SlotTable.wakeupToken)
    }

    deinit {
        if epoll >= 0 {
            close(wakeup)
            close(epoll)
        }
        scratch.deallocate()
    }

    /// The loop whose thread this is.
    package static var current: EventLoop? {
        guard let pointer = clinux_current_loop() else { return nil }
        return Unmanaged<EventLoop>.fromOpaque(pointer).takeUnretainedValue()
    }

    package var isCurrent: Bool { clinux_current_loop() == Unmanaged.passUnretained(self).toOpaque() }

    /// Traps off the loop: a programmer's mistake, never the outcome of an input.
    package func preconditionIsCurrent() {
        precondition(isCurrent, "used off its event loop")
    }

    /// Starts the loop's thread. Call once.
    package func start() {
        SystemThread.start(name: name) { [self] in runOnThisThread() }
    }

    /// Asks the loop to end after the current tick; tasks that still wait are left waiting.
    package func stop() {
        execute { [self] in stopping = true }
    }

    /// Blocks the calling thread until the loop has ended.
    package func join() {
        ended.wait { $0 ? () : nil }
    }

    // MARK: Work

    /// Starts a task that stays on this loop. Any thread.
    @discardableResult
    package func spawn(_ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        Task(executorPreference: self) { await body() }
    }

    /// Runs `body` on the loop, soon. Any thread.
    package func execute(_ body: @escaping @Sendable () -> Void) {
        put(.function(body))
    }

    /// Runs `body` on this loop and gives its result back on the caller's executor. Any thread.
    package func run<Result: Sendable>(
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        if isCurrent { return try await body() }
        return try await Task(executorPreference: self) { try await body() }.value
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        put(.job(UnownedJob(job)))
    }

    private func put(_ work: Work) {
        if isCurrent {
            local.append(work)
            return
        }
        let wakes = inbox.withLock { inbox in
            inbox.work.append(work)
            defer { inbox.wakePending = true }
            return !inbox.wakePending
        }
        if wakes { wake() }
    }

    private func wake() {
        if let scheduler { return scheduler.wake(ObjectIdentifier(self)) }
        var one: UInt64 = 1
        while write(wakeup, &one, 8) < 0, errno == EINTR {}
    }

    // MARK: Time

    /// The time when this tick began; off the loop, the time now.
    package var now: MonotonicTime { isCurrent ? time : .now() }

    /// Calls `body` on the loop after `delay`. Loop thread only.
    @discardableResult
    package func after(_ delay: Duration, _ body: @escaping @Sendable () -> Void) -> TimerHandle {
        at(MonotonicTime.now().advanced(by: delay), body)
    }

    func at(_ deadline: MonotonicTime, _ body: @escaping () -> Void) -> TimerHandle {
        preconditionIsCurrent()
        return timers.add(at: deadline, body)
    }

    /// Suspends a task of this loop.
    package func sleep(_ delay: Duration) async {
        preconditionIsCurrent()
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            _ = at(MonotonicTime.now().advanced(by: delay)) { continuation.resume() }
        }
    }

    // MARK: Descriptors

    /// Registers a descriptor; the token tells a stale event of a closed and reused descriptor from a new
    /// one.
    func register(_ fd: Int32, events: UInt32, _ sink: any EventSink) throws(SystemError) -> UInt64 {
        preconditionIsCurrent()
        let token = slots.add(sink)
        guard clinux_epoll_ctl(epoll, clinux_EPOLL_CTL_ADD, fd, events, token) == 0 else {
            let error = SystemError.last("epoll_ctl")
            slots.remove(token)
            throw error
        }
        return token
    }

    func modify(_ fd: Int32, events: UInt32, token: UInt64) {
        _ = clinux_epoll_ctl(epoll, clinux_EPOLL_CTL_MOD, fd, events, token)
    }

    func unregister(_ fd: Int32, token: UInt64) {
        preconditionIsCurrent()
        slots.remove(token)
        _ = clinux_epoll_ctl(epoll, clinux_EPOLL_CTL_DEL, fd, 0, 0)
    }

    /// Ends a registration whose descriptor is closed at once: closing takes it out of epoll.
    func forget(_ token: UInt64) {
        preconditionIsCurrent()
        slots.remove(token)
    }

    // MARK: The loop

    private func runOnThisThread() {
        clinux_set_current_loop(Unmanaged.passUnretained(self).toOpaque())
        let events = UnsafeMutablePointer<clinux_event>.allocate(capacity: 256)
        while true {
            runLocalWork()
            if stopping { break }
            let count =
                scheduler.map(pause) ?? clinux_epoll_wait(epoll, events, 256, waitMilliseconds())
            time = .now()
            for index in 0..<max(0, Int(count)) { deliver(events[index]) }
            while let body = timers.popDue(time) { body() }
        }
        events.deallocate()
        // Their bodies hold what belongs to this loop, and so the loop itself.
        timers = TimerHeap()
        clinux_set_current_loop(nil)
        ended.broadcast { $0 = true }
    }

    /// Runs what was ready when the call began: what that adds waits for the next tick.
    private func runLocalWork() {
        swap(&local, &batch)
        for work in batch {
            switch work {
            case .job(let job): job.runSynchronously(on: asUnownedTaskExecutor())
            case .function(let body): body()
            }
        }
        batch.removeAll(keepingCapacity: batch.capacity <= Self.maxKeptCapacity)
    }

    private func waitMilliseconds() -> Int32 {
        if !local.isEmpty { return 0 }
        guard let deadline = timers.nextDeadline else { return -1 }
        let now = MonotonicTime.now()
        guard deadline > now else { return 0 }
        let milliseconds = (deadline.nanoseconds - now.nanoseconds + 999_999) / 1_000_000
        return Int32(clamping: min(milliseconds, 3_600_000))
    }

    private func deliver(_ event: clinux_event) {
        if event.data == SlotTable.wakeupToken {
            takeInbox()
        } else {
            slots[event.data]?.ready(event.events)
        }
    }

    /// Stands in for epoll where somebody else schedules this thread: waits for the inbox or a timer.
    private func pause(_ scheduler: any ThreadScheduler) -> Int32 {
        if local.isEmpty, !inbox.withLock({ $0.wakePending }) {
            scheduler.wait(on: ObjectIdentifier(self), until: timers.nextDeadline)
        }
        takeInbox()
        return 0
    }

    private func takeInbox() {
        if scheduler == nil {
            var count: UInt64 = 0
            _ = read(wakeup, &count, 8)
        }
        inbox.withLock { inbox in
            swap(&inbox.work, &arrived)
            inbox.wakePending = false
        }
        local.append(contentsOf: arrived)
        arrived.removeAll(keepingCapacity: arrived.capacity <= Self.maxKeptCapacity)
    }
}

/// What epoll wakes.
protocol EventSink: AnyObject {
    func ready(_ events: UInt32)
}

/// Registered descriptors by token: 32 bits of index, 32 bits of generation.
struct SlotTable {
    static let wakeupToken = UInt64.max
    private var sinks: [(sink: (any EventSink)?, generation: UInt32)] = []
    private var free: [Int] = []

    mutating func add(_ sink: any EventSink) -> UInt64 {
        let index: Int
        if let reused = free.popLast() {
            index = reused
            sinks[index].sink = sink
        } else {
            index = sinks.count
            sinks.append((sink, 0))
        }
        return UInt64(index) << 32 | UInt64(sinks[index].generation)
    }

    mutating func remove(_ token: UInt64) {
        let index = Int(token >> 32)
        guard index < sinks.count, sinks[index].generation == UInt32(truncatingIfNeeded: token) else {
            return
        }
        sinks[index] = (nil, sinks[index].generation &+ 1)
        free.append(index)
    }

    subscript(_ token: UInt64) -> (any EventSink)? {
        let index = Int(token >> 32)
        guard index < sinks.count, sinks[index].generation == UInt32(truncatingIfNeeded: token) else {
            return nil
        }
        return sinks[index].sink
    }
}
