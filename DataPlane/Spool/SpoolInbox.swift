import EventLoop

/// What has arrived for the writer thread and is not taken yet.
struct SpoolInbox {
    /// A group and the one who waits for it. A class, because it goes through several lists.
    final class Pending: Sendable {
        let group: SpoolGroup
        let bytes: Int
        let hasEntries: Bool
        let hasKeys: Bool
        let answer: Answer

        init(_ group: SpoolGroup, _ answer: Answer) {
            var (bytes, hasEntries, hasKeys) = (0, false, false)
            for record in group.records {
                bytes += record.frameBytes
                switch record {
                case .entry: hasEntries = true
                case .key: hasKeys = true
                case .update, .closed: break
                }
            }
            self.group = group
            (self.bytes, self.hasEntries, self.hasKeys) = (bytes, hasEntries, hasKeys)
            self.answer = answer
        }
    }

    /// How an answer gets back.
    enum Answer: Sendable {
        case continuation(UnsafeContinuation<Result<Committed, SpoolError>, Never>)
        case function(@Sendable (Result<Committed, SpoolError>) -> Void)

        func give(_ result: Result<Committed, SpoolError>) {
            switch self {
            case .continuation(let continuation): continuation.resume(returning: result)
            case .function(let body): body(result)
            }
        }
    }

    /// What the writer thread is to do next.
    enum Work {
        case groups([Pending])
        /// Look again for segments that can go, and for something to compact.
        case tidy
        case move([CompactionMove], @Sendable (Bool) -> Void)
        case stop
    }

    private var pending: [Pending] = []
    private var moves: [([CompactionMove], @Sendable (Bool) -> Void)] = []
    private var wantsTidy = false
    private var waitsForJournal = false
    private(set) var queuedBytes = 0
    var isRecovering = false
    var closing = Closing()

    /// Nil when the group was taken; else why not.
    mutating func put(_ item: Pending, _ configuration: SpoolConfiguration) -> SpoolError? {
        if closing.hasBegun { return .stopping }
        if isRecovering { return .recovering }
        if item.group.records.isEmpty { return .empty }
        if item.bytes > configuration.maxGroupBytes {
            return .tooLarge(bytes: item.bytes, maxGroupBytes: configuration.maxGroupBytes)
        }
        // What moves deliveries on has room of its own, so that a flood of entries cannot stop them.
        let limit = item.hasEntries ? configuration.maxQueuedBytes : 2 * configuration.maxQueuedBytes
        guard queuedBytes + item.bytes <= limit else { return .overloaded }
        queuedBytes += item.bytes
        pending.append(item)
        return nil
    }

    mutating func putMove(_ moves: [CompactionMove], _ done: @escaping @Sendable (Bool) -> Void) -> Bool {
        guard !closing.hasBegun else { return false }
        self.moves.append((moves, done))
        return true
    }

    /// Has the writer look again for segments that can go.
    mutating func askTidy() { wantsTidy = true }

    /// True once, until the journal has answered.
    mutating func mayAskJournal() -> Bool {
        defer { waitsForJournal = true }
        return !waitsForJournal
    }

    mutating func journalAnswered() {
        waitsForJournal = false
        wantsTidy = true
    }

    mutating func answered(bytes: Int) { queuedBytes -= bytes }

    /// Whether `take` has something to give. Nothing is tidied while the journal lacks what a start has to
    /// give it: the groups of copies are later ones, and it takes none twice and none out of order.
    var hasWork: Bool { !pending.isEmpty || !moves.isEmpty || mayTidy || closing.hasBegun }

    private var mayTidy: Bool { wantsTidy && !isRecovering }

    /// Groups first: whoever waits for a reply goes before housekeeping.
    mutating func take() -> Work? {
        if !pending.isEmpty {
            var taken: [Pending] = []
            swap(&taken, &pending)
            return .groups(taken)
        }
        if !moves.isEmpty {
            let (move, done) = moves.removeFirst()
            return .move(move, done)
        }
        if mayTidy {
            wantsTidy = false
            return .tidy
        }
        return closing.hasBegun ? .stop : nil
    }
}
