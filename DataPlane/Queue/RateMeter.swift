/// A token bucket kept as one number: the time at which the bucket would be full again, in microseconds.
struct RateMeter: Sendable {
    private var fullAtMicroseconds: Int64 = 0

    /// When the next start is allowed: `now` when at once.
    func allowedAt(_ rate: Rate, now: Timestamp) -> Timestamp {
        let moment = now.milliseconds * 1_000
        let between = rate.microsecondsBetweenStarts
        let needed = max(fullAtMicroseconds, moment) + between - between * rate.burst
        if needed <= moment { return now }
        return Timestamp(milliseconds: (needed + 999) / 1_000)
    }

    /// Takes one token; the caller has asked `allowedAt`.
    mutating func take(_ rate: Rate, now: Timestamp) {
        fullAtMicroseconds =
            max(fullAtMicroseconds, now.milliseconds * 1_000) + rate.microsecondsBetweenStarts
    }

    /// Returns a token that was not used.
    mutating func giveBack(_ rate: Rate) { fullAtMicroseconds -= rate.microsecondsBetweenStarts }

    var fullAt: Timestamp { Timestamp(milliseconds: fullAtMicroseconds / 1_000) }
}
