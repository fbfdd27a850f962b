import Synchronization

/// A whole number that rises and falls, for instance open connections. Lock-free; any thread.
package final class Gauge: Sendable {
    private let number = Atomic<Int>(0)

    package init() {}

    package func set(_ value: Int) { number.store(value, ordering: .relaxed) }
    package func add(_ difference: Int) { number.wrappingAdd(difference, ordering: .relaxed) }
    package func increment() { add(1) }
    package func decrement() { add(-1) }

    package var value: Int { number.load(ordering: .relaxed) }
}
