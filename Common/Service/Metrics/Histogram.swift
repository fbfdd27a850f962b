import Synchronization

/// How often values fell into fixed ranges, for instance latencies. Lock-free; any thread.
///
/// Durations are observed in seconds, as Prometheus has it.
package final class Histogram: Sendable {
    /// For latencies from a millisecond to a minute, in seconds.
    package static let latencySeconds: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]
    /// For sizes from a kibibyte to 64 MiB, in bytes.
    package static let sizeBytes: [Double] = [
        1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 67_108_864,
    ]

    /// The ranges' upper bounds, rising; values above the last fall into one more range.
    package let upperBounds: [Double]
    private let ranges: [Counter]
    /// The bit pattern of a Double: there is no atomic addition of doubles.
    private let sumBits = Atomic<UInt64>(0)

    package init(upperBounds: [Double]) {
        self.upperBounds = upperBounds.sorted()
        self.ranges = (0...upperBounds.count).map { _ in Counter() }
    }

    package func observe(_ value: Double) {
        guard !value.isNaN else { return }
        ranges[upperBounds.firstIndex { value <= $0 } ?? upperBounds.count].increment()
        var old = sumBits.load(ordering: .relaxed)
        while true {
            let new = (Double(bitPattern: old) + value).bitPattern
            let (exchanged, original) = sumBits.weakCompareExchange(
                expected: old, desired: new, ordering: .relaxed)
            if exchanged { return }
            old = original
        }
    }

    package func observe(_ duration: Duration) { observe(duration / .seconds(1)) }

    /// The count of each range, in the order of the bounds, then the count of what is above the last bound.
    package var counts: [UInt64] { ranges.map(\.value) }
    package var sum: Double { Double(bitPattern: sumBits.load(ordering: .relaxed)) }
}
