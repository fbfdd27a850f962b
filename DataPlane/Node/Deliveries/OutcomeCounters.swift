import NodeProtocol
import Queue
import Service

/// The counters of what became of attempts, each found by its labels once. For one loop.
struct OutcomeCounters {
    private let outcomes: Labelled<Counter>
    private var known: [(transport: Transport, kind: EventKind, counter: Counter)] = []

    init(_ metrics: NodeMetrics) { outcomes = metrics.outcomes }

    mutating func count(_ kind: EventKind, by transport: Transport) {
        if let found = known.first(where: { $0.kind == kind && $0.transport == transport }) {
            return found.counter.increment()
        }
        let counter = outcomes(transport.name, kind.rawValue)
        known.append((transport, kind, counter))
        counter.increment()
    }
}
