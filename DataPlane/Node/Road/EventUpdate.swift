import NodeProtocol

/// The payload of a spool update: the events that happened, each as the journal gets it, so that after a crash the
/// journal's events can be taken from the spool again.
///
/// Layout of each: length (4 bytes, big endian), an `EventRecord` without body.
struct EventUpdate {
    var events: [Event]

    init(_ events: [Event]) { self.events = events }

    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        for event in events {
            let record = EventRecord(event).encoded()
            for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: record.count >> shift)) }
            bytes += record
        }
        return bytes
    }

    /// What cannot be read is left out: a later version may have written it.
    init(decoding bytes: [UInt8]) {
        events = []
        var rest = bytes[...]
        while rest.count >= 4 {
            let count = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(4)
            guard count <= rest.count else { return }
            if let record = EventRecord(rest.prefix(count)) { events.append(record.event) }
            rest = rest.dropFirst(count)
        }
    }
}
