import EventLoop

/// Durations and what to say of them.
struct Latencies {
    private var microseconds: [UInt32] = []
    private(set) var failures = 0

    var count: Int { microseconds.count }

    mutating func add(_ duration: Duration) {
        microseconds.append(UInt32(clamping: duration.wholeNanoseconds / 1_000))
    }

    mutating func fail() { failures += 1 }

    /// `"count":…,"failed":…,"p50_ms":…,"p99_ms":…,"max_ms":…`, without braces.
    func summary() -> String {
        let sorted = microseconds.sorted()
        func milliseconds(_ share: Double) -> String {
            guard let last = sorted.last else { return "null" }
            let index = Int((Double(sorted.count) * share).rounded(.up)) - 1
            return fixed(Double(sorted.indices.contains(index) ? sorted[index] : last) / 1_000)
        }
        return "\"count\":\(count),\"failed\":\(failures),\"p50_ms\":\(milliseconds(0.5)),"
            + "\"p99_ms\":\(milliseconds(0.99)),\"max_ms\":\(milliseconds(1))"
    }
}

/// A number with three digits behind the point.
func fixed(_ number: Double) -> String {
    let thousandths = Int((number * 1_000).rounded())
    let digits = String(thousandths % 1_000)
    return "\(thousandths / 1_000).\(String(repeating: "0", count: 3 - digits.count))\(digits)"
}
