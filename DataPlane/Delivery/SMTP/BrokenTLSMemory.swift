import EventLoop

/// Hosts that offer STARTTLS and then fail it. For a while they are talked to in plain text at once, where
/// the policy allows that, instead of spending a connection on finding out again.
struct BrokenTLSMemory {
    private static let maxHosts = 10_000

    private let time: Duration
    private var until: [String: MonotonicTime] = [:]

    init(time: Duration) { self.time = time }

    func contains(_ candidate: MailCandidate, now: MonotonicTime) -> Bool {
        until[Self.key(candidate)].map { $0 > now } ?? false
    }

    mutating func insert(_ candidate: MailCandidate, now: MonotonicTime) {
        if until.count >= Self.maxHosts { until = until.filter { $0.value > now } }
        guard until.count < Self.maxHosts else { return }
        until[Self.key(candidate)] = now.advanced(by: time)
    }

    private static func key(_ candidate: MailCandidate) -> String { candidate.description }
}
