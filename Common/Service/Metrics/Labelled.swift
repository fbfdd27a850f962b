import EventLoop

/// A metric with labels: one series for each combination of label values.
///
/// Finding a series takes an uncontended lock; where every nanosecond counts, find it once and keep it. Label
/// values must come from a small closed set (a status, a category), never from a message or a tenant. As a
/// guard, the number of combinations is bounded: further ones share one series whose label values are all
/// `other`.
package final class Labelled<Metric: Sendable>: Sendable {
    /// How many combinations one metric may have unless its declaration says otherwise.
    package static var maxSeriesByDefault: Int { 1_000 }
    static var overflowValue: String { "other" }

    package let labelNames: [String]
    let maxSeries: Int
    private let make: @Sendable () -> Metric
    private let series = Locked(Series())

    private struct Series {
        /// How many are compared one by one before the table is asked, which costs more than those.
        static var maxFirst: Int { 8 }

        /// Those that were there first: most metrics have no others.
        var first: [(values: [String], metric: Metric)] = []
        var table: [[String]: Metric] = [:]

        mutating func add(_ values: [String], _ metric: Metric) {
            table[values] = metric
            if first.count < Self.maxFirst { first.append((values, metric)) }
        }
    }

    init(labelNames: [String], maxSeries: Int, make: @escaping @Sendable () -> Metric) {
        self.labelNames = labelNames
        self.maxSeries = maxSeries
        self.make = make
    }

    /// The series of these label values, in the order of the label names. Missing values are empty, surplus
    /// ignored.
    package func callAsFunction(_ values: String...) -> Metric { series(values) }

    package func series(_ values: [String]) -> Metric {
        series.withLock { series in
            if let known = series.first.first(where: { $0.values == values }) { return known.metric }
            var key = Array(values.prefix(labelNames.count))
            while key.count < labelNames.count { key.append("") }
            if let known = series.table[key] { return known }
            if series.table.count >= maxSeries {
                key = labelNames.map { _ in Self.overflowValue }
                if let overflow = series.table[key] { return overflow }
            }
            let new = make()
            series.add(key, new)
            return new
        }
    }

    /// Every series with its label values, in a stable order.
    var all: [(values: [String], metric: Metric)] {
        series.withLock { $0.table }.map { (values: $0.key, metric: $0.value) }
            .sorted { $0.values.lexicographicallyPrecedes($1.values) }
    }
}
