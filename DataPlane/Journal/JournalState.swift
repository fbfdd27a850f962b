import EventLoop
import Spool

/// What the journal's callers and its writer thread share, behind one lock.
struct JournalState {
    /// Events that belong together and wait to become durable.
    struct Pending {
        /// Zero when they do not come from a spool group.
        let spoolSequence: UInt64
        let events: [[UInt8]]
        let bytes: Int
        let waiter: UnsafeContinuation<Result<ClosedRange<UInt64>, JournalError>, Never>?
    }

    /// A durable segment, and where in it reading can begin.
    struct Segment {
        let number: UInt32
        let header: SegmentHeader
        /// Durable bytes, header included.
        var bytes = SegmentHeader.bytes
        /// The last event it holds; zero when it holds none.
        var lastEvent: UInt64 = 0
        /// An event and its offset, about every `markBytes`.
        var marks: [(seq: UInt64, offset: Int)] = []
        static let markBytes = 64 << 10

        mutating func add(_ seq: UInt64, at offset: Int) {
            lastEvent = max(lastEvent, seq)
            guard let last = marks.last else { return marks.append((seq, offset)) }
            if offset - last.offset >= Self.markBytes { marks.append((seq, offset)) }
        }
    }

    /// What the writer thread is to do next.
    enum Work {
        case write([Pending])
        case acknowledge(UInt64, [UnsafeContinuation<JournalError?, Never>])
        /// Those who wait for what will not be written.
        case stop([UnsafeContinuation<Result<ClosedRange<UInt64>, JournalError>, Never>])
    }

    private var queue: [Pending] = []
    private(set) var queuedBytes = 0
    private var acknowledgers: [(UInt64, UnsafeContinuation<JournalError?, Never>)] = []
    private var isWriting = false
    private var isUrgent = false
    var closing = Closing()
    private(set) var isHealthy = true
    private var nextWrite = MonotonicTime(nanoseconds: 0)

    var segments: [Segment] = []
    /// The last spool group whose events were taken.
    var takenSequence: UInt64 = 0
    /// The last spool group whose events are durable.
    var durableSequence: UInt64 = 0
    /// The last event that is durable.
    var lastEvent: UInt64 = 0
    var acknowledged: UInt64 = 0
    /// Up to here a read has found nothing: what was there is damaged, and waiting for it would never end.
    private var barrenUpTo: UInt64 = 0

    private var readers: [(after: UInt64, continuation: UnsafeContinuation<Bool, Never>)] = []
    private var durableWaiters: [(sequence: UInt64, body: @Sendable () -> Void)] = []

    // MARK: - Callers

    var isEmpty: Bool { queue.isEmpty }

    mutating func put(_ item: Pending) {
        if item.spoolSequence != 0 {
            // A group that was taken already is not taken twice.
            guard item.spoolSequence > takenSequence else { return }
            takenSequence = item.spoolSequence
            if item.events.isEmpty, queue.isEmpty, !isWriting {
                durableSequence = item.spoolSequence
                return
            }
        }
        queuedBytes += item.bytes
        queue.append(item)
    }

    /// False when there is nothing to wait for: call `body` at once.
    mutating func whenDurable(_ sequence: UInt64, _ body: @escaping @Sendable () -> Void) -> Bool {
        guard sequence > durableSequence else { return false }
        durableWaiters.append((sequence, body))
        isUrgent = true
        return true
    }

    /// Nil when the reader has to wait.
    mutating func waitForMore(after seq: UInt64, _ continuation: UnsafeContinuation<Bool, Never>) -> Bool? {
        if lastEvent > max(seq, barrenUpTo) { return true }
        if closing.hasBegun { return false }
        readers.append((seq, continuation))
        return nil
    }

    /// A read behind `seq` gave nothing although there should be events up to `last`.
    mutating func foundNothing(upTo last: UInt64) { barrenUpTo = max(barrenUpTo, last) }

    /// False when the journal is closing.
    mutating func acknowledge(_ seq: UInt64, _ continuation: UnsafeContinuation<JournalError?, Never>) -> Bool
    {
        guard !closing.hasBegun else { return false }
        acknowledgers.append((min(seq, lastEvent), continuation))
        return true
    }

    // MARK: - Writer

    mutating func take(_ now: MonotonicTime) -> Gate<JournalState>.Look<Work> {
        if !acknowledgers.isEmpty {
            let seq = acknowledgers.map(\.0).max() ?? 0
            defer { acknowledgers = [] }
            return .done(.acknowledge(seq, acknowledgers.map(\.1)))
        }
        // At the end nobody would come back for what failed, and nothing may be written behind it: the
        // events of a later group would say that these are there. The spool still has their groups.
        let isClosing = closing.hasBegun
        if queue.isEmpty || (isClosing && !isHealthy) {
            return isClosing ? .done(.stop(queue.compactMap(\.waiter))) : .wait(until: nil)
        }
        let mayWriteNow = isClosing || now >= nextWrite || (isUrgent && isHealthy)
        guard mayWriteNow else { return .wait(until: nextWrite) }
        isUrgent = false
        isWriting = true
        defer { queue = [] }
        return .done(.write(queue))
    }

    /// A batch is durable: the callbacks and readers to wake, outside of the lock.
    mutating func wrote(
        _ items: ArraySlice<Pending>, lastEvent: UInt64, next: MonotonicTime
    ) -> (bodies: [@Sendable () -> Void], readers: [UnsafeContinuation<Bool, Never>]) {
        queuedBytes -= items.reduce(0) { $0 + $1.bytes }
        for item in items where item.spoolSequence != 0 { durableSequence = item.spoolSequence }
        self.lastEvent = lastEvent
        isHealthy = true
        nextWrite = next
        let due = durableWaiters.filter { $0.sequence <= durableSequence }.map(\.body)
        durableWaiters.removeAll { $0.sequence <= durableSequence }
        let woken = readers.filter { $0.after < lastEvent }.map(\.continuation)
        readers.removeAll { $0.after < lastEvent }
        return (due, woken)
    }

    /// The active segment has grown by these events.
    mutating func grow(_ active: SegmentLog.Segment, _ places: [(seq: UInt64, offset: Int)]) {
        if segments.last?.number != active.number {
            segments.append(Segment(number: active.number, header: active.header))
        }
        let last = segments.count - 1
        segments[last].bytes = active.bytes
        for place in places { segments[last].add(place.seq, at: place.offset) }
    }

    /// Whether the oldest segment's events are all acknowledged. One whose first batch failed has none, and
    /// is not known here.
    func mayRemove(_ number: UInt32) -> Bool {
        guard let oldest = segments.first else { return false }
        return number < oldest.number || (number == oldest.number && oldest.lastEvent <= acknowledged)
    }

    mutating func removed(_ number: UInt32) { segments.removeAll { $0.number == number } }

    /// Writing has ended; what did not become durable and is not to be given up goes back to the front.
    mutating func finished(_ rest: [Pending], given: Int, retry: MonotonicTime?) {
        isWriting = false
        queuedBytes -= given
        queue.insert(contentsOf: rest, at: 0)
        if let retry {
            isHealthy = false
            nextWrite = retry
        }
    }

    /// The writer has stopped: readers that wait are told that nothing more comes.
    mutating func takeReaders() -> [UnsafeContinuation<Bool, Never>] {
        defer { readers = [] }
        return readers.map(\.continuation)
    }
}
