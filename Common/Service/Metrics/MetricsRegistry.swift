import EventLoop

/// The metrics of a process: declared here with name, help and labels, and rendered for Prometheus.
///
/// A component declares its metrics once, in its initializer, and keeps what it gets back; increments touch
/// an atomic and nothing else. Names follow Prometheus: `dispatch_…`, base units (`_seconds`, `_bytes`),
/// `_total` for counters. Declaring a name twice is a mistake of the program and stops it at start.
package final class MetricsRegistry: Sendable {
    /// What is known of a metric without its values: for documentation.
    package struct Declaration: Sendable, Equatable {
        package enum Kind: String, Sendable { case counter, gauge, histogram }
        package let name: String
        package let kind: Kind
        package let help: String
        package let labelNames: [String]
    }

    typealias Render = @Sendable (_ name: String, _ into: inout MetricsText) -> Void

    private let entries = Locked<[(declaration: Declaration, render: Render)]>([])

    package init() {}

    /// Everything declared so far, by name.
    package var declarations: [Declaration] {
        entries.withLock { $0.map(\.declaration) }.sorted { $0.name < $1.name }
    }

    package func counter(_ name: String, help: String) -> Counter {
        let counter = Counter()
        add(name, .counter, help, []) { $1.sample($0, [], "\(counter.value)") }
        return counter
    }

    package func counter(
        _ name: String, help: String, labels: [String], maxSeries: Int = Labelled<Counter>.maxSeriesByDefault
    ) -> Labelled<Counter> {
        let labelled = Labelled(labelNames: labels, maxSeries: maxSeries) { Counter() }
        add(name, .counter, help, labels) { name, text in
            for (values, counter) in labelled.all {
                text.sample(name, pairs(labels, values), "\(counter.value)")
            }
        }
        return labelled
    }

    /// A counter that somebody else keeps. `read` runs on the thread that renders; it must not block.
    package func counter(_ name: String, help: String, read: @escaping @Sendable () -> Double) {
        add(name, .counter, help, []) { $1.sample($0, [], MetricsText.number(read())) }
    }

    package func gauge(_ name: String, help: String) -> Gauge {
        let gauge = Gauge()
        add(name, .gauge, help, []) { $1.sample($0, [], "\(gauge.value)") }
        return gauge
    }

    package func gauge(
        _ name: String, help: String, labels: [String], maxSeries: Int = Labelled<Gauge>.maxSeriesByDefault
    ) -> Labelled<Gauge> {
        let labelled = Labelled(labelNames: labels, maxSeries: maxSeries) { Gauge() }
        add(name, .gauge, help, labels) { name, text in
            for (values, gauge) in labelled.all { text.sample(name, pairs(labels, values), "\(gauge.value)") }
        }
        return labelled
    }

    /// A gauge whose value is read when it is asked for. `read` runs on the thread that renders; it must not
    /// block.
    package func gauge(_ name: String, help: String, read: @escaping @Sendable () -> Double) {
        add(name, .gauge, help, []) { $1.sample($0, [], MetricsText.number(read())) }
    }

    package func histogram(
        _ name: String, help: String, upperBounds: [Double] = Histogram.latencySeconds
    ) -> Histogram {
        let histogram = Histogram(upperBounds: upperBounds)
        add(name, .histogram, help, []) { $1.histogram($0, [], histogram) }
        return histogram
    }

    package func histogram(
        _ name: String, help: String, upperBounds: [Double] = Histogram.latencySeconds, labels: [String],
        maxSeries: Int = Labelled<Histogram>.maxSeriesByDefault
    ) -> Labelled<Histogram> {
        let labelled = Labelled(labelNames: labels, maxSeries: maxSeries) {
            Histogram(upperBounds: upperBounds)
        }
        add(name, .histogram, help, labels) { name, text in
            for (values, histogram) in labelled.all { text.histogram(name, pairs(labels, values), histogram) }
        }
        return labelled
    }

    /// The `Content-Type` of `render()`.
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// All metrics in the Prometheus text format 0.0.4, by name.
    package func render() -> [UInt8] {
        var text = MetricsText()
        for (declaration, render) in entries.withLock({ $0 }).sorted(by: {
            $0.declaration.name < $1.declaration.name
        }) {
            text.header(declaration)
            render(declaration.name, &text)
        }
        return text.bytes
    }

    private func add(
        _ name: String, _ kind: Declaration.Kind, _ help: String, _ labels: [String], render: @escaping Render
    ) {
        precondition(MetricsText.isName(name) && labels.allSatisfy(MetricsText.isName), "metric name \(name)")
        let declaration = Declaration(name: name, kind: kind, help: help, labelNames: labels)
        entries.withLock { entries in
            precondition(
                !entries.contains { $0.declaration.name == name }, "metric \(name) is declared twice")
            entries.append((declaration, render))
        }
    }
}

private func pairs(_ names: [String], _ values: [String]) -> [(String, String)] {
    Array(zip(names, values))
}
