import NodeProtocol

/// Which bounces and complaints this node has recorded of late, so that a report that comes twice makes one
/// event. Bounded: the oldest are forgotten, and then the control plane finds that nothing is left to change.
struct NoticeMemory {
    struct Key: Hashable, Sendable {
        let message: MessageID
        let kind: EventKind
        /// In lower case; empty when nobody is named.
        let recipient: String

        init(_ event: Event) {
            message = event.message
            kind = event.kind
            recipient = event.recipient?.lowercased() ?? ""
        }
    }

    enum Claim: Equatable {
        /// These are new, by their place; they wait for `settle`.
        case new([Int])
        /// One of them is on its way to the disk just now: whether it gets there is not known yet.
        case inProgress
    }

    static let maxKeys = 100_000

    private let capacity: Int
    private var isOnDisk: [Key: Bool] = [:]
    private var order: [Key] = []
    private var oldest = 0

    init(capacity: Int = maxKeys) { self.capacity = max(1, capacity) }

    mutating func claim(_ keys: [Key]) -> Claim {
        if keys.contains(where: { isOnDisk[$0] == false }) { return .inProgress }
        var new: [Int] = []
        for (place, key) in keys.enumerated() where isOnDisk[key] == nil {
            isOnDisk[key] = false
            new.append(place)
        }
        return .new(new)
    }

    /// What was new is on disk now, or is not and counts as never seen.
    mutating func settle(_ keys: [Key], onDisk: Bool) {
        for key in keys where isOnDisk[key] == false {
            isOnDisk[key] = onDisk ? true : nil
            guard onDisk else { continue }
            if order.count < capacity {
                order.append(key)
            } else {
                isOnDisk[order[oldest]] = nil
                order[oldest] = key
                oldest = (oldest + 1) % capacity
            }
        }
    }
}
