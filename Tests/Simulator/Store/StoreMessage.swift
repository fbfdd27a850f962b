import NodeProtocol
import TestSupport

/// The messages of the store's runs, as small as they can be: everything about one follows from its id.
enum StoreMessage {
    /// Bytes of an event: its kind, the id, the recipient or 255.
    static let eventBytes = 18
    private static let kinds: [EventKind] = [.accepted, .delivered, .deferred, .bounced, .failed]

    static func id(_ number: Int, at milliseconds: Int64, recipients: Int) -> MessageID {
        MessageID(
            milliseconds: 1_700_000_000_000 + UInt64(max(0, milliseconds)), node: 7,
            random: (UInt64(recipients), UInt64(number)))
    }

    static func recipients(_ id: MessageID) -> Int { Int(id.high & 0xFF) }

    static func body(_ id: MessageID) -> [UInt8] {
        var random = SeededRandom(seed: id.low)
        let count = Int(random.next() % 4) == 0 ? Int(random.next() % 9000) : Int(random.next() % 700)
        return [UInt8](repeating: UInt8(truncatingIfNeeded: id.low), count: count) + event(.accepted, id, nil)
    }

    static func header(_ id: MessageID) -> [UInt8] { [UInt8(recipients(id))] }

    static func event(_ kind: EventKind, _ id: MessageID, _ recipient: Int?) -> [UInt8] {
        var bytes: [UInt8] = [UInt8(kinds.firstIndex(of: kind) ?? 255)]
        for word in [id.high, id.low] {
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        bytes.append(UInt8(truncatingIfNeeded: recipient ?? 255))
        return bytes
    }

    static func read(_ bytes: ArraySlice<UInt8>) -> Ledger.Told? {
        let bytes = Array(bytes)
        guard bytes.count == eventBytes, Int(bytes[0]) < kinds.count else { return nil }
        var words: [UInt64] = [0, 0]
        for index in 0..<16 { words[index / 8] |= UInt64(bytes[1 + index]) << UInt64(8 * (index % 8)) }
        return Ledger.Told(
            kind: kinds[Int(bytes[0])], message: MessageID(high: words[0], low: words[1]),
            recipient: bytes[17] == 255 ? nil : Int(bytes[17]))
    }

    /// The idempotency key under which a group was offered that begins with this message.
    static func key(_ id: MessageID) -> [UInt8] {
        event(.accepted, id, nil) + Array(repeating: 0, count: 200)
    }

    static let started: [UInt8] = [1]

    static func outcome(_ events: [[UInt8]]) -> [UInt8] { [2] + events.flatMap { $0 } }

    /// The events that follow from an update's payload.
    static func events(ofUpdate payload: [UInt8]) -> [[UInt8]] {
        guard payload.first == 2 else { return [] }
        return stride(from: 1, to: payload.count - eventBytes + 1, by: eventBytes).map {
            Array(payload[$0..<$0 + eventBytes])
        }
    }
}
