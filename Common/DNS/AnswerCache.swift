import EventLoop

/// Answers by question until their time is over. Bounded by count and by bytes; the oldest go first.
struct AnswerCache {
    typealias Result = Swift.Result<Answer, DNSError>

    private struct Entry {
        let result: Result
        let expires: MonotonicTime
        let bytes: Int
        /// Tells the entry from an older one of the same question in `order`.
        let serial: UInt64
    }

    let maxEntries: Int
    let maxBytes: Int
    private var entries: [Question: Entry] = [:]
    /// Questions in the order of their arrival, from `head` on.
    private var order: [(question: Question, serial: UInt64)] = []
    private var head = 0
    private var nextSerial: UInt64 = 0
    private(set) var bytes = 0

    init(maxEntries: Int, maxBytes: Int) {
        self.maxEntries = maxEntries
        self.maxBytes = maxBytes
    }

    var count: Int { entries.count }

    func result(for question: Question, at now: MonotonicTime) -> Result? {
        guard let entry = entries[question], entry.expires > now else { return nil }
        return entry.result
    }

    mutating func keep(_ result: Result, for question: Question, until expires: MonotonicTime) {
        let cost = Self.cost(question, result)
        guard cost <= maxBytes, maxEntries > 0 else { return }
        remove(question)
        nextSerial &+= 1
        entries[question] = Entry(result: result, expires: expires, bytes: cost, serial: nextSerial)
        order.append((question, nextSerial))
        bytes += cost
        while entries.count > maxEntries || bytes > maxBytes { removeOldest() }
        compact()
    }

    mutating func removeAll() {
        self = AnswerCache(maxEntries: maxEntries, maxBytes: maxBytes)
    }

    private mutating func remove(_ question: Question) {
        guard let entry = entries.removeValue(forKey: question) else { return }
        bytes -= entry.bytes
    }

    private mutating func removeOldest() {
        guard head < order.count else { return }
        let (question, serial) = order[head]
        head += 1
        if entries[question]?.serial == serial { remove(question) }
    }

    /// Drops what `order` holds of replaced entries, so that it stays in proportion to `entries`.
    private mutating func compact() {
        guard order.count > 2 * entries.count + 64 else { return }
        order = order[head...].filter { entries[$0.question]?.serial == $0.serial }
        head = 0
    }

    private static func cost(_ question: Question, _ result: Result) -> Int {
        var cost = 128 + 2 * question.name.wire.count
        guard case .success(let answer) = result else { return cost }
        for record in answer.records {
            cost += 96 + record.name.wire.count
            switch record.data {
            case .txt(let bytes), .other(let bytes): cost += bytes.count
            case .tlsa(let tlsa): cost += tlsa.data.count
            default: cost += 64
            }
        }
        return cost
    }
}
