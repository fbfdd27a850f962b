import EventLoop

/// One of the services that are played.
package enum ServiceKind: String, CaseIterable, Codable, Sendable {
    case cloudflare
    case route53
    case cloudDNS = "clouddns"
}

/// How a service treats its callers beside being right. Each part may be changed while it runs.
package struct Behaviour: Codable, Sendable, Equatable {
    /// Refuse every call whose number divides by this.
    package var refuseEvery: Int?
    /// Refuse as many of the next calls.
    package var refuseNext = 0
    /// Refuse what goes beyond so many calls in `budgetSeconds`.
    package var budget: Int?
    package var budgetSeconds = 300
    /// What a refusal at Cloudflare says in `retry-after`.
    package var retryAfterSeconds = 1
    /// The status of a refusal at Cloud DNS: 429, or 403 with the reason `rateLimitExceeded`.
    package var refusalStatus = 429
    /// Answer as many of the next changes at Route 53 with `PriorRequestNotComplete`.
    package var busyNext = 0
    /// Fail as many of the next calls with a 5xx, nothing done.
    package var failNext = 0
    /// Make as many of the next changes and answer them with a 5xx, as if the answer was lost.
    package var loseNext = 0
    /// How often a change is seen as pending before the name servers have it.
    package var pendingPolls = 0
    /// How long a change takes to reach the name servers, in milliseconds.
    package var delayMilliseconds = 0
    /// How Route 53 words a refused batch.
    package var errorRoot = ErrorRoot.errorResponse

    package enum ErrorRoot: String, Codable, Sendable {
        case errorResponse = "error_response"
        case invalidChangeBatch = "invalid_change_batch"
        case alternating
    }

    enum CodingKeys: String, CodingKey {
        case refuseEvery = "refuse_every"
        case refuseNext = "refuse_next"
        case budget
        case budgetSeconds = "budget_seconds"
        case retryAfterSeconds = "retry_after_seconds"
        case refusalStatus = "refusal_status"
        case busyNext = "busy_next"
        case failNext = "fail_next"
        case loseNext = "lose_next"
        case pendingPolls = "pending_polls"
        case delayMilliseconds = "delay_milliseconds"
        case errorRoot = "error_root"
    }

    package init() {}

    /// What is not named keeps its default.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        refuseEvery = try values.decodeIfPresent(Int.self, forKey: .refuseEvery)
        refuseNext = try values.decodeIfPresent(Int.self, forKey: .refuseNext) ?? refuseNext
        budget = try values.decodeIfPresent(Int.self, forKey: .budget)
        budgetSeconds = try values.decodeIfPresent(Int.self, forKey: .budgetSeconds) ?? budgetSeconds
        retryAfterSeconds =
            try values.decodeIfPresent(Int.self, forKey: .retryAfterSeconds) ?? retryAfterSeconds
        refusalStatus = try values.decodeIfPresent(Int.self, forKey: .refusalStatus) ?? refusalStatus
        busyNext = try values.decodeIfPresent(Int.self, forKey: .busyNext) ?? busyNext
        failNext = try values.decodeIfPresent(Int.self, forKey: .failNext) ?? failNext
        loseNext = try values.decodeIfPresent(Int.self, forKey: .loseNext) ?? loseNext
        pendingPolls = try values.decodeIfPresent(Int.self, forKey: .pendingPolls) ?? pendingPolls
        delayMilliseconds =
            try values.decodeIfPresent(Int.self, forKey: .delayMilliseconds) ?? delayMilliseconds
        errorRoot = try values.decodeIfPresent(ErrorRoot.self, forKey: .errorRoot) ?? errorRoot
    }
}

/// Counts the calls of one service and decides which of them are refused.
struct Throttle: Sendable {
    var behaviour = Behaviour() {
        didSet {
            calls = 0
            windowCalls = 0
            windowStart = nil
        }
    }
    private var calls = 0
    private var windowCalls = 0
    private var windowStart: MonotonicTime?

    /// Notes a call; true when it is to be refused.
    mutating func refuses(at now: MonotonicTime) -> Bool {
        calls += 1
        let length = Duration.seconds(max(1, behaviour.budgetSeconds))
        if windowStart.map({ now - $0 >= length }) ?? true {
            windowStart = now
            windowCalls = 0
        }
        windowCalls += 1
        if behaviour.refuseNext > 0 {
            behaviourQuietly { $0.refuseNext -= 1 }
            return true
        }
        if let every = behaviour.refuseEvery, every > 0, calls % every == 0 { return true }
        return behaviour.budget.map { windowCalls > $0 } ?? false
    }

    /// Takes one of an announced number of misfortunes, if any is left.
    mutating func take(_ count: WritableKeyPath<Behaviour, Int>) -> Bool {
        guard behaviour[keyPath: count] > 0 else { return false }
        behaviourQuietly { $0[keyPath: count] -= 1 }
        return true
    }

    /// What is left of the budget, and the seconds until it is whole again.
    func remaining(at now: MonotonicTime, of quota: Int) -> (calls: Int, seconds: Int) {
        let passed = windowStart.map { Int((now - $0) / .seconds(1)) } ?? 0
        return (max(0, (behaviour.budget ?? quota) - windowCalls), max(0, behaviour.budgetSeconds - passed))
    }

    private mutating func behaviourQuietly(_ change: (inout Behaviour) -> Void) {
        let kept = (calls, windowCalls, windowStart)
        change(&behaviour)
        (calls, windowCalls, windowStart) = kept
    }
}
