import Synchronization

/// The loops of a process, one for each core that it may use.
package final class EventLoopGroup: Sendable {
    package let loops: [EventLoop]
    private let counter = Atomic<Int>(0)

    /// Makes and starts `count` loops.
    package init(count: Int, name: String) throws(SystemError) {
        var loops: [EventLoop] = []
        for index in 0..<max(1, count) { loops.append(try EventLoop(name: "\(name)-\(index)")) }
        self.loops = loops
        for loop in loops { loop.start() }
    }

    /// The loops in turn.
    package func next() -> EventLoop {
        let turn = counter.wrappingAdd(1, ordering: .relaxed).oldValue
        return loops[Int(UInt(bitPattern: turn) % UInt(loops.count))]
    }

    /// Ends all loops and waits for them. Not from a loop.
    package func stop() {
        for loop in loops { loop.stop() }
        for loop in loops { loop.join() }
    }
}
