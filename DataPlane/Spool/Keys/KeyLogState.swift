import EventLoop

/// What the callers of a log of keys and its writer thread share, behind one lock.
struct KeyLogState {
    struct Pending {
        /// Zero for what was only noted.
        let sequence: UInt64
        let record: KeyRecord
        var bytes: Int { record.payload.count + Frame.headBytes + KeptFrame.fixedBytes }
    }

    enum Work {
        case write([Pending])
        case stop
    }

    private let configuration: KeyLogConfiguration
    private var queue: [Pending] = []
    private var queuedBytes = 0
    private var writing: [Pending] = []
    private var isUrgent = false
    private var isHealthy = true
    private var nextWrite = MonotonicTime(nanoseconds: 0)
    private var waiters: [(sequence: UInt64, body: @Sendable () -> Void)] = []
    var closing = Closing()

    init(_ configuration: KeyLogConfiguration) { self.configuration = configuration }

    mutating func put(_ sequence: UInt64, _ record: KeyRecord) {
        add(Pending(sequence: sequence, record: record))
    }

    mutating func note(_ record: KeyRecord) {
        guard queuedBytes < configuration.maxQueuedBytes, !closing.hasBegun else { return }
        add(Pending(sequence: 0, record: record))
    }

    private mutating func add(_ item: Pending) {
        if queue.isEmpty, isHealthy {
            nextWrite = MonotonicTime.now().advanced(by: .milliseconds(configuration.intervalMilliseconds))
        }
        queuedBytes += item.bytes
        queue.append(item)
    }

    func isDurable(upTo sequence: UInt64) -> Bool {
        guard let first = (writing.first { $0.sequence > 0 } ?? queue.first { $0.sequence > 0 }) else {
            return true
        }
        return first.sequence > sequence
    }

    /// False when there is nothing to wait for: call `body` at once.
    mutating func whenDurable(_ sequence: UInt64, _ body: @escaping @Sendable () -> Void) -> Bool {
        guard !isDurable(upTo: sequence) else { return false }
        waiters.append((sequence, body))
        isUrgent = true
        return true
    }

    mutating func take(_ now: MonotonicTime) -> Gate<KeyLogState>.Look<Work> {
        // What a failing disk did not take is in the spool still, where it matters.
        let isClosing = closing.hasBegun
        if queue.isEmpty || (isClosing && !isHealthy) {
            return isClosing ? .done(.stop) : .wait(until: nil)
        }
        guard isClosing || now >= nextWrite || (isUrgent && isHealthy) else { return .wait(until: nextWrite) }
        isUrgent = false
        swap(&writing, &queue)
        queuedBytes = 0
        return .done(.write(writing))
    }

    /// What was taken is durable: the callbacks to call, outside of the lock.
    mutating func wrote() -> [@Sendable () -> Void] {
        writing.removeAll()
        isHealthy = true
        let waited = waiters
        waiters = waited.filter { !isDurable(upTo: $0.sequence) }
        if !waiters.isEmpty { isUrgent = true }
        return waited.filter { isDurable(upTo: $0.sequence) }.map(\.body)
    }

    /// The disk failed at all but the first `written` records: they go back to the front.
    mutating func failed(written: Int, _ now: MonotonicTime) {
        queue = Array(writing.dropFirst(written)) + queue
        queuedBytes = queue.reduce(0) { $0 + $1.bytes }
        writing.removeAll()
        isHealthy = false
        nextWrite = now.advanced(by: .milliseconds(configuration.retryMilliseconds))
    }
}
