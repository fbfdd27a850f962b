import Testing

@testable import Service

@Suite struct MetricsTests {
    private func text(_ registry: MetricsRegistry) -> String {
        String(decoding: registry.render(), as: UTF8.self)
    }

    @Test func `counters and gauges are rendered with their help and type, by name`() {
        let registry = MetricsRegistry()
        let gauge = registry.gauge("dispatch_open_connections", help: "Open connections.")
        let counter = registry.counter("dispatch_accepted_total", help: "Accepted\nmessages \\ all.")
        registry.gauge("dispatch_ratio", help: "A ratio.") { 0.25 }
        counter.increment()
        counter.increment(by: 4)
        counter.increment(by: -3)
        gauge.increment()
        gauge.add(2)
        gauge.decrement()
        #expect(
            text(registry) == """
                # HELP dispatch_accepted_total Accepted\\nmessages \\\\ all.
                # TYPE dispatch_accepted_total counter
                dispatch_accepted_total 5
                # HELP dispatch_open_connections Open connections.
                # TYPE dispatch_open_connections gauge
                dispatch_open_connections 2
                # HELP dispatch_ratio A ratio.
                # TYPE dispatch_ratio gauge
                dispatch_ratio 0.25

                """)
    }

    @Test func `a histogram's buckets are cumulative and end in infinity`() {
        let registry = MetricsRegistry()
        let histogram = registry.histogram("dispatch_wait_seconds", help: "Waits.", upperBounds: [0.5, 1])
        for value in [0.1, 0.5, 0.75, 3] { histogram.observe(value) }
        histogram.observe(.nan)
        histogram.observe(.milliseconds(650))
        #expect(
            text(registry) == """
                # HELP dispatch_wait_seconds Waits.
                # TYPE dispatch_wait_seconds histogram
                dispatch_wait_seconds_bucket{le="0.5"} 2
                dispatch_wait_seconds_bucket{le="1"} 4
                dispatch_wait_seconds_bucket{le="+Inf"} 5
                dispatch_wait_seconds_sum 5
                dispatch_wait_seconds_count 5

                """)
    }

    @Test func `label values are escaped and combinations are bounded`() {
        let registry = MetricsRegistry()
        let replies = registry.counter(
            "dispatch_replies_total", help: "Replies.", labels: ["code", "class"], maxSeries: 2)
        replies("250", "a\"b\\c\nd").increment()
        replies("550", "").increment(by: 2)
        replies("551", "").increment()
        replies("552", "x").increment()
        replies("550").increment()
        #expect(
            text(registry) == """
                # HELP dispatch_replies_total Replies.
                # TYPE dispatch_replies_total counter
                dispatch_replies_total{code="250",class="a\\"b\\\\c\\nd"} 1
                dispatch_replies_total{code="550",class=""} 3
                dispatch_replies_total{code="other",class="other"} 2

                """)
    }

    @Test func `increments from many tasks are all counted`() async {
        let registry = MetricsRegistry()
        let counter = registry.counter("dispatch_a_total", help: "A.")
        let histogram = registry.histogram("dispatch_b_seconds", help: "B.", upperBounds: [1])
        await withTaskGroup { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<1_000 {
                        counter.increment()
                        histogram.observe(0.5)
                    }
                }
            }
        }
        #expect(counter.value == 4_000)
        #expect(histogram.sum == 2_000)
    }

    @Test func `every declaration can be listed`() {
        let registry = MetricsRegistry()
        _ = registry.histogram("dispatch_b_seconds", help: "B.", labels: ["door"])
        _ = registry.counter("dispatch_a_total", help: "A.")
        #expect(
            registry.declarations == [
                .init(name: "dispatch_a_total", kind: .counter, help: "A.", labelNames: []),
                .init(name: "dispatch_b_seconds", kind: .histogram, help: "B.", labelNames: ["door"]),
            ])
    }

    @Test func `the process itself is measured`() {
        let registry = MetricsRegistry()
        ProcessMetrics.declare(in: registry)
        let lines = text(registry).split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(lines.count == 5)
        #expect(lines.allSatisfy { !$0.hasSuffix(" 0") })
    }
}
