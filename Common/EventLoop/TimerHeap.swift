/// One call that is due at a time. `cancel` may be called any number of times, on the loop.
package final class TimerHandle {
    let deadline: MonotonicTime
    fileprivate let order: UInt64
    fileprivate var body: (() -> Void)?

    fileprivate init(deadline: MonotonicTime, order: UInt64, body: @escaping () -> Void) {
        self.deadline = deadline
        self.order = order
        self.body = body
    }

    package func cancel() { body = nil }
}

/// The timers of one loop: a binary heap by deadline, equal deadlines in the order in which they were set.
///
/// A cancelled timer stays until its deadline or until half of the heap is cancelled ones; both cost O(log
/// n).
struct TimerHeap {
    private var heap: [TimerHandle] = []
    private var nextOrder: UInt64 = 0

    var nextDeadline: MonotonicTime? { heap.first?.deadline }

    mutating func add(at deadline: MonotonicTime, _ body: @escaping () -> Void) -> TimerHandle {
        if heap.count >= 1024, heap.count.nonzeroBitCount == 1 { dropCancelled() }
        nextOrder &+= 1
        let timer = TimerHandle(deadline: deadline, order: nextOrder, body: body)
        heap.append(timer)
        siftUp(heap.count - 1)
        return timer
    }

    /// The body of the next timer that is due, or nil.
    mutating func popDue(_ now: MonotonicTime) -> (() -> Void)? {
        while let first = heap.first, first.deadline <= now {
            removeFirst()
            if let body = first.body {
                first.body = nil
                return body
            }
        }
        return nil
    }

    private mutating func dropCancelled() {
        let alive = heap.filter { $0.body != nil }
        guard alive.count < heap.count / 2 else { return }
        heap = alive.sorted(by: Self.isBefore)
    }

    private mutating func removeFirst() {
        let last = heap.removeLast()
        guard !heap.isEmpty else { return }
        heap[0] = last
        siftDown(0)
    }

    private static func isBefore(_ left: TimerHandle, _ right: TimerHandle) -> Bool {
        left.deadline == right.deadline ? left.order < right.order : left.deadline < right.deadline
    }

    private mutating func siftUp(_ start: Int) {
        var child = start
        while child > 0 {
            let parent = (child - 1) / 2
            guard Self.isBefore(heap[child], heap[parent]) else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func siftDown(_ start: Int) {
        var parent = start
        while true {
            var least = parent
            let left = 2 * parent + 1
            if left < heap.count, Self.isBefore(heap[left], heap[least]) { least = left }
            if left + 1 < heap.count, Self.isBefore(heap[left + 1], heap[least]) { least = left + 1 }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
