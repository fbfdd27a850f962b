import NodeProtocol

/// Bodies of recent entries, first in, first out, bounded in bytes.
///
/// Most messages are delivered seconds after they were accepted; a retry hours later reads from disk.
struct BodyCache {
    private let maxBytes: Int
    private var bodies: [MessageID: [UInt8]] = [:]
    /// In the order of arrival from `first` on; ids of closed entries stay until they come to the front.
    private var order: [MessageID] = []
    private var first = 0
    private(set) var bytes = 0
    private(set) var hits = 0
    private(set) var misses = 0

    init(maxBytes: Int) { self.maxBytes = maxBytes }

    mutating func insert(_ id: MessageID, _ body: [UInt8]) {
        guard body.count <= maxBytes / 8 else { return }
        if let old = bodies.updateValue(body, forKey: id) { bytes -= cost(old) } else { order.append(id) }
        bytes += cost(body)
        while bytes > maxBytes, first < order.count { remove(order[first]); first += 1 }
        // Closed entries leave their ids behind; an order far longer than the cache is swept.
        if first > 1024, first > order.count / 2 {
            sweep()
        } else if order.count > 2 * bodies.count + 1024 {
            sweep()
        }
    }

    mutating func body(_ id: MessageID) -> [UInt8]? {
        if let body = bodies[id] {
            hits += 1
            return body
        }
        misses += 1
        return nil
    }

    mutating func remove(_ id: MessageID) {
        if let old = bodies.removeValue(forKey: id) { bytes -= cost(old) }
    }

    private mutating func sweep() {
        order = order[first...].filter { bodies[$0] != nil }
        first = 0
    }

    /// The array's own head and the two tables count too, or a million empty bodies would cost nothing.
    private func cost(_ body: [UInt8]) -> Int { body.count + 128 }
}
