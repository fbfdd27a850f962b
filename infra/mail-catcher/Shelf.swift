import EventLoop

/// What a shelf keeps: numbered when it is put there.
protocol Caught: Sendable {
    var number: Int { get set }
    var byteCount: Int { get }
}

/// What was caught, in memory, bounded by count and by bytes: the oldest go first. Numbers begin at 1 and are
/// never used twice while the process lives, even when the shelf is emptied.
final class Shelf<Item: Caught>: Sendable {
    private struct State {
        var items: [Item] = []
        /// Items before this index have gone; the array is cut now and then, not each time.
        var first = 0
        var next = 1
        var byteCount = 0
    }

    private let maxItems: Int
    private let maxBytes: Int
    private let state = Locked(State())

    init(maxItems: Int, maxBytes: Int) {
        self.maxItems = maxItems
        self.maxBytes = maxBytes
    }

    /// Keeps the item and gives its number.
    func put(_ item: Item) -> Int {
        state.withLock { state in
            var item = item
            item.number = state.next
            state.next += 1
            state.byteCount += item.byteCount
            state.items.append(item)
            while state.items.count - state.first > maxItems || state.byteCount > maxBytes,
                state.items.count - state.first > 1
            {
                state.byteCount -= state.items[state.first].byteCount
                state.first += 1
            }
            if state.first > 1_000, state.first > state.items.count / 2 {
                state.items.removeFirst(state.first)
                state.first = 0
            }
            return item.number
        }
    }

    /// All that is kept, oldest first.
    var all: [Item] { state.withLock { Array($0.items[$0.first...]) } }

    func item(_ number: Int) -> Item? {
        state.withLock { state in
            // Numbers have no gaps, so a number is also a place.
            guard let oldest = state.items[state.first...].first?.number, number >= oldest else { return nil }
            let index = state.first + (number - oldest)
            return index < state.items.count ? state.items[index] : nil
        }
    }

    /// Forgets everything and says how many there were.
    func clear() -> Int {
        state.withLock { state in
            defer {
                state.items = []
                state.first = 0
                state.byteCount = 0
            }
            return state.items.count - state.first
        }
    }
}
