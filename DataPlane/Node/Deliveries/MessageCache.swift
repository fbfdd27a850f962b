import NodeProtocol

/// The messages that came in last, finished or not: most are delivered and asked about within seconds. First
/// in, first out; what is not here is read from the spool.
struct MessageCache {
    private let capacity: Int
    private var messages: [MessageID: OpenMessage] = [:]
    private var order: [MessageID] = []
    private var oldest = 0

    init(capacity: Int) { self.capacity = capacity }

    subscript(_ id: MessageID) -> OpenMessage? { messages[id] }

    mutating func insert(_ message: OpenMessage) {
        guard messages.updateValue(message, forKey: message.id) == nil else { return }
        if order.count < capacity {
            order.append(message.id)
        } else {
            messages[order[oldest]] = nil
            order[oldest] = message.id
            oldest = (oldest + 1) % capacity
        }
    }

    /// Changes a message that is here; one that is not stays away.
    mutating func update(_ id: MessageID, _ body: (inout OpenMessage) -> Void) {
        guard let index = messages.index(forKey: id) else { return }
        body(&messages.values[index])
    }
}
