import EventLoop
import HTTP

/// What is left of a limit, for the headers of an answer.
package struct RateLimit: Sendable, Equatable {
    /// Requests a minute.
    package let limit: Int
    package let remaining: Int
    /// Until the count begins anew.
    package let resetSeconds: Int

    package func apply(to headers: inout HTTPHeaders) {
        headers["RateLimit-Limit"] = String(limit)
        headers["RateLimit-Remaining"] = String(remaining)
        headers["RateLimit-Reset"] = String(resetSeconds)
    }
}

/// Counts the requests of each key in each minute, in this process.
///
/// Several processes count apart, so a key gets its limit from each: this protects the service, it does not
/// bill. Limits: `maxKeys` keys a minute; more of them go uncounted.
package final class RateMeter: Sendable {
    static let maxKeys = 100_000

    private struct Minute {
        var number: Int64 = 0
        var counts: [String: Int] = [:]
    }

    private let minute = Locked(Minute())

    package init() {}

    /// Counts one request.
    ///
    /// - Parameter now: milliseconds since 1970.
    /// - Throws: 429 with the headers of the limit.
    package func take(_ key: String, limit: Int, now: Int64) throws(APIError) -> RateLimit {
        let number = now / 60_000
        let count = minute.withLock { minute in
            if minute.number != number { minute = Minute(number: number) }
            guard minute.counts[key] != nil || minute.counts.count < Self.maxKeys else { return 1 }
            let count = minute.counts[key, default: 0] + 1
            minute.counts[key] = count
            return count
        }
        let reset = Int(60 - (now / 1000) % 60)
        let left = RateLimit(limit: limit, remaining: max(0, limit - count), resetSeconds: reset)
        guard count <= limit else {
            var headers = HTTPHeaders()
            left.apply(to: &headers)
            throw APIError(
                429, "rate_limited", "This key may make \(limit) requests a minute.",
                retryAfterSeconds: reset,
                headers: headers)
        }
        return left
    }
}
