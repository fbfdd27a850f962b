import Service

/// Every metric of a node, declared in one place.
struct NodeMetrics: Sendable {
    let registry: MetricsRegistry
    let accepted: Labelled<Counter>
    let refused: Labelled<Counter>
    let outcomes: Labelled<Counter>
    let acceptSeconds: Histogram
    let deliverySeconds: Histogram
    let inFlightAtCrash: Counter
    let lostMessages: Counter
    let snapshotVersion: Gauge
    let snapshotsRefused: Labelled<Counter>
    let reportedEvents: Counter
    let failedReports: Counter
    let relayed: Labelled<Counter>
    let tlsSessions: Labelled<Counter>
    let inbound: Labelled<Counter>
    let links: Labelled<Counter>

    init(_ registry: MetricsRegistry) {
        self.registry = registry
        ProcessMetrics.declare(in: registry)
        accepted = registry.counter(
            "dispatch_messages_accepted_total", help: "Messages on disk and acknowledged.", labels: ["door"])
        refused = registry.counter(
            "dispatch_messages_refused_total", help: "Submissions refused.", labels: ["door", "code"])
        outcomes = registry.counter(
            "dispatch_outcomes_total", help: "Outcomes of attempts, one for each recipient.",
            labels: ["transport", "outcome"])
        acceptSeconds = registry.histogram(
            "dispatch_accept_seconds", help: "From the whole submission to its acknowledgement.",
            upperBounds: Histogram.latencySeconds)
        deliverySeconds = registry.histogram(
            "dispatch_delivery_seconds", help: "From acceptance to delivery.",
            upperBounds: Histogram.latencySeconds)
        inFlightAtCrash = registry.counter(
            "dispatch_in_flight_at_crash_total",
            help:
                "Recipients whose attempt was in flight when the last process ended: possible duplicates."
        )
        lostMessages = registry.counter(
            "dispatch_messages_lost_total",
            help: "Messages that failed because their bytes on disk are damaged.")
        snapshotVersion = registry.gauge(
            "dispatch_snapshot_version", help: "Version of the snapshot that is held.")
        snapshotsRefused = registry.counter(
            "dispatch_snapshots_refused_total", help: "Snapshots refused.", labels: ["reason"])
        reportedEvents = registry.counter(
            "dispatch_reported_events_total", help: "Events that the control plane acknowledged.")
        failedReports = registry.counter(
            "dispatch_failed_reports_total", help: "Reports that the control plane did not take.")
        inbound = registry.counter(
            "dispatch_inbound_total", help: "Messages at the door for bounces and complaints.",
            labels: ["outcome"])
        links = registry.counter(
            "dispatch_links_total", help: "Tracking and unsubscribe links that were followed.",
            labels: ["outcome"])
        relayed = registry.counter(
            "dispatch_relayed_requests_total", help: "Requests relayed to the control plane.",
            labels: ["status"])
        tlsSessions = registry.counter(
            "dispatch_tls_sessions_total",
            help: "TLS of sessions with mail hosts, by the policy in force and what came of it (RFC 8460).",
            labels: ["policy", "result"])
    }
}
