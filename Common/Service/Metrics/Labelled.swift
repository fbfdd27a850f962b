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
    private let series = Locked((places: LabelPlaces(), metrics: [Metric]()))

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
            if let place = series.places.find(values) { return series.metrics[place] }
            var key = Array(values.prefix(labelNames.count))
            while key.count < labelNames.count { key.append("") }
            if let place = series.places.find(key) { return series.metrics[place] }
            if series.metrics.count >= maxSeries {
                key = labelNames.map { _ in Self.overflowValue }
                if let overflow = series.places.find(key) { return series.metrics[overflow] }
            }
            let new = make()
            series.places.add(key)
            series.metrics.append(new)
            return new
        }
    }

    /// Every series with its label values, in a stable order.
    var all: [(values: [String], metric: Metric)] {
        series.withLock { zip($0.places.all, $0.metrics).map { (values: $0, metric: $1) } }
            .sorted { $0.values.lexicographicallyPrecedes($1.values) }
    }
}

/// Label values, numbered in the order in which they came.
private struct LabelPlaces {
    /// How many are compared one by one before the table is asked, which costs more than these.
    private static let maxCompared = 8

    private(set) var all: [[String]] = []
    private var table: [[String]: Int] = [:]

    func find(_ values: [String]) -> Int? {
        for place in 0..<min(all.count, Self.maxCompared) where all[place] == values { return place }
        return all.count > Self.maxCompared ? table[values] : nil
    }

    mutating func add(_ values: [String]) {
        table[values] = all.count
        all.append(values)
    }
}
