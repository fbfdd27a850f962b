import NodeProtocol

/// The payload of a spool update.
enum SpoolUpdate: Sendable {
    /// An attempt is about to send: a crash from here on may have delivered these recipients.
    case started(attempt: UInt16, recipients: [UInt16])
    /// What happened, each event as the journal gets it, so that after a crash the journal's events can be
    /// taken from the spool again.
    case events([Event])

    private static let startedMark: UInt8 = 1
    private static let eventsMark: UInt8 = 2

    /// Layout: a mark; behind 1 the attempt and the recipients (2 bytes each, big endian), behind 2 for each
    /// event its length (4 bytes, big endian) and an `EventRecord` without body.
    func encoded() -> [UInt8] {
        switch self {
        case .started(let attempt, let recipients):
            var bytes: [UInt8] = []
            bytes.reserveCapacity(3 + 2 * recipients.count)
            bytes.append(Self.startedMark)
            func append(_ number: UInt16) {
                bytes.append(UInt8(truncatingIfNeeded: number >> 8))
                bytes.append(UInt8(truncatingIfNeeded: number))
            }
            append(attempt)
            for recipient in recipients { append(recipient) }
            return bytes
        case .events(let events): return Self.encoded(events: events.map { EventRecord.encode($0) })
        }
    }

    /// The same from records that are encoded already.
    static func encoded(events records: [[UInt8]]) -> [UInt8] {
        var bytes = [eventsMark]
        bytes.reserveCapacity(1 + records.reduce(0) { $0 + 4 + $1.count })
        for record in records {
            for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: record.count >> shift)) }
            bytes += record
        }
        return bytes
    }

    /// Nil for what a later version may have written. Events that cannot be read are left out.
    init?(decoding bytes: [UInt8]) {
        let rest = bytes.dropFirst()
        switch bytes.first {
        case Self.startedMark:
            let numbers = stride(from: rest.startIndex, to: rest.endIndex - 1, by: 2).map {
                UInt16(rest[$0]) << 8 | UInt16(rest[$0 + 1])
            }
            guard let attempt = numbers.first else { return nil }
            self = .started(attempt: attempt, recipients: Array(numbers.dropFirst()))
        case Self.eventsMark: self = .events(Self.events(rest))
        default: return nil
        }
    }

    private static func events(_ bytes: ArraySlice<UInt8>) -> [Event] {
        var events: [Event] = []
        var rest = bytes
        while rest.count >= 4 {
            let count = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(4)
            guard count <= rest.count else { break }
            if let record = EventRecord(rest.prefix(count)) { events.append(record.event) }
            rest = rest.dropFirst(count)
        }
        return events
    }
}
