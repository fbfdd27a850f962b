/// A moment, in milliseconds since 1970 UTC. The queue never reads a clock: every moment is handed in.
///
/// Values are kept within 0…2^52 (about 140,000 years), so sums of two of them cannot overflow; what lies
/// outside is moved to the nearer end.
package struct Timestamp: Comparable, Hashable, Sendable, CustomStringConvertible {
    package let milliseconds: Int64

    private static let largest: Int64 = 1 << 52

    package static let distantFuture = Timestamp(milliseconds: largest)
    package static let zero = Timestamp(milliseconds: 0)

    package init(milliseconds: Int64) {
        self.milliseconds = min(max(milliseconds, 0), Self.largest)
    }

    /// The moment `count` milliseconds later, or earlier when it is negative; stops at the ends of the range.
    package func advanced(byMilliseconds count: Int64) -> Timestamp {
        let (sum, overflow) = milliseconds.addingReportingOverflow(count)
        return overflow ? (count < 0 ? .zero : .distantFuture) : Timestamp(milliseconds: sum)
    }

    /// Milliseconds from `other` to this moment; negative when `other` is later.
    package func milliseconds(since other: Timestamp) -> Int64 { milliseconds - other.milliseconds }

    package var description: String { "\(milliseconds) ms" }

    package static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }
}
