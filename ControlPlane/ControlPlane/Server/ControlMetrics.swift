import Service

/// What the control plane counts.
struct ControlMetrics: Sendable {
    let registry: MetricsRegistry
    let requests: Labelled<Counter>
    let requestSeconds: Histogram
    let isPublisher: Gauge
    let snapshotVersion: Gauge
    let publishSeconds: Histogram
    let pushes: Labelled<Counter>
    let reportedEvents: Counter
    let unreadableEvents: Counter
    let refusedEvents: Counter
    let unmatchedNotices: Counter
    let oversizedChunks: Counter
    let refusedShapings: Counter
    let reports: Labelled<Counter>
    let reportSeconds: Histogram
    let relayed: Labelled<Counter>

    init(_ registry: MetricsRegistry = MetricsRegistry()) {
        self.registry = registry
        ProcessMetrics.declare(in: registry)
        requests = registry.counter(
            "dispatch_http_requests_total", help: "Requests by method, route and status.",
            labels: ["method", "route", "status"])
        requestSeconds = registry.histogram(
            "dispatch_http_request_seconds", help: "Time to answer a request.")
        isPublisher = registry.gauge("dispatch_publisher", help: "1 in the process that publishes snapshots.")
        snapshotVersion = registry.gauge(
            "dispatch_snapshot_version", help: "The version published last by this process.")
        publishSeconds = registry.histogram(
            "dispatch_publish_seconds", help: "Time to build and store a snapshot.")
        pushes = registry.counter(
            "dispatch_snapshot_pushes_total", help: "Manifests pushed to nodes, by answer.",
            labels: ["status"])
        reportedEvents = registry.counter(
            "dispatch_reported_events_total", help: "Events applied from reports.")
        unreadableEvents = registry.counter(
            "dispatch_unreadable_events_total",
            help: "Events of reports that could not be read and were passed over.")
        refusedEvents = registry.counter(
            "dispatch_refused_events_total",
            help: "Events of reports whose values the database would not hold and that were passed over.")
        unmatchedNotices = registry.counter(
            "dispatch_unmatched_notices_total",
            help: "Bounces and complaints of recipients that their messages never had: nothing followed.")
        oversizedChunks = registry.counter(
            "dispatch_oversized_chunks_total",
            help: "Chunks that were larger than nodes take; the nodes keep the one before.")
        refusedShapings = registry.counter(
            "dispatch_refused_shapings_total",
            help: "Snapshots that left the newest shaping out because it has problems.")
        reports = registry.counter(
            "dispatch_reports_total", help: "Reports of nodes by what became of them.", labels: ["outcome"])
        reportSeconds = registry.histogram("dispatch_report_seconds", help: "Time to apply a report.")
        relayed = registry.counter(
            "dispatch_relayed_requests_total", help: "Requests relayed to nodes.", labels: ["status"])
    }
}
