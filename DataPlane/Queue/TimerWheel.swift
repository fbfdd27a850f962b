/// Exact timers for a table's rows: arm, move, disarm in constant time, whatever their number.
///
/// Nine levels of 64 lists. A timer sits on the level of the highest bit in which its time differs from the
/// wheel's own, so every timer of a lower level is earlier than every one above it, and moves down (at most
/// eight times in its life) as its time comes near. On level 0 a list is one millisecond: nothing is rounded.
///
/// Work is done in steps with a budget, so that a million timers of one moment cannot stop the loop: what is
/// left over stays due. Rows are named by their index; the wheel keeps 16 bytes for each row.
struct TimerWheel: Sendable {
    private static let levelBits = 6
    private static let levels = 9
    private static let listsPerLevel = 64
    private static let none = UInt32.max

    private struct Node: Sendable {
        /// The time in the upper 53 bits; in the lower 11 the list that the node is in, plus one: 0 when it
        /// is not armed. A time has 53 bits at most (`Timestamp`).
        private var packed: UInt64 = 0
        var previous = TimerWheel.none
        var next = TimerWheel.none

        var when: Int64 {
            get { Int64(truncatingIfNeeded: packed >> 11) }
            set { packed = UInt64(truncatingIfNeeded: newValue) << 11 | packed & 0x7FF }
        }

        /// -1 when it is not armed.
        var list: Int {
            get { Int(packed & 0x7FF) - 1 }
            set { packed = packed & ~0x7FF | UInt64(truncatingIfNeeded: newValue + 1) & 0x7FF }
        }
    }

    private var nodes = ChunkedArray<Node>()
    /// The first node of each list; lists are circular, so the first one's `previous` is the last.
    private var heads = ContiguousArray(repeating: none, count: levels * listsPerLevel)
    /// A lower bound of the times in each list that is not empty.
    private var earliest = ContiguousArray(repeating: Int64.max, count: levels * listsPerLevel)
    /// One bit for each list of a level that is not empty.
    private var occupied = ContiguousArray(repeating: UInt64(0), count: levels)
    /// Everything before this has been given out.
    private var elapsed: Int64 = 0
    /// The list that is being moved down; it lies at `elapsed`, so nothing else comes before it.
    private var movingDown: Int?

    /// Sets the timer of `row`, in place of the one that it had.
    mutating func arm(_ row: UInt32, at moment: Timestamp) {
        while nodes.count <= row { nodes.append(Node()) }
        if nodes[row].list >= 0 { unlink(row) }
        nodes[row].when = max(moment.milliseconds, elapsed)
        link(row)
    }

    mutating func disarm(_ row: UInt32) {
        guard row < nodes.count, nodes[row].list >= 0 else { return }
        unlink(row)
    }

    /// The next row whose time has come; its timer is disarmed. Nil when there is none, or `steps` is used
    /// up.
    mutating func popDue(now: Timestamp, steps: inout Int) -> UInt32? {
        while steps > 0 {
            if let list = movingDown {
                if heads[list] == Self.none {
                    movingDown = nil
                } else {
                    let row = heads[list]
                    unlink(row)
                    link(row)
                    steps -= 1
                }
                continue
            }
            guard let (level, slot, start) = firstOccupied() else {
                elapsed = max(elapsed, now.milliseconds)
                return nil
            }
            guard start <= now.milliseconds else {
                elapsed = max(elapsed, now.milliseconds)
                return nil
            }
            elapsed = start
            let list = level * Self.listsPerLevel + slot
            guard level == 0 else {
                movingDown = list
                continue
            }
            let row = heads[list]
            unlink(row)
            steps -= 1
            return row
        }
        return nil
    }

    /// No timer is due before this. It is the time of the next one, or earlier when timers were disarmed.
    var next: Timestamp? {
        if let movingDown, heads[movingDown] != Self.none { return Timestamp(milliseconds: elapsed) }
        guard let (level, slot, start) = firstOccupied() else { return nil }
        return Timestamp(milliseconds: level == 0 ? start : earliest[level * Self.listsPerLevel + slot])
    }

    private func firstOccupied() -> (level: Int, slot: Int, start: Int64)? {
        for level in 0..<Self.levels where occupied[level] != 0 {
            let slot = occupied[level].trailingZeroBitCount
            let shift = level * Self.levelBits
            let above = (elapsed >> (shift + Self.levelBits)) << (shift + Self.levelBits)
            return (level, slot, above | (Int64(slot) << shift))
        }
        return nil
    }

    private mutating func link(_ row: UInt32) {
        let when = nodes[row].when
        let differing = UInt64(bitPattern: when ^ elapsed)
        let level = differing == 0 ? 0 : (63 - differing.leadingZeroBitCount) / Self.levelBits
        let slot = Int(when >> (level * Self.levelBits)) & (Self.listsPerLevel - 1)
        let list = level * Self.listsPerLevel + slot
        nodes[row].list = list
        let head = heads[list]
        if head == Self.none {
            heads[list] = row
            nodes[row].previous = row
            nodes[row].next = row
            occupied[level] |= 1 << UInt64(slot)
            earliest[list] = when
        } else {
            let last = nodes[head].previous
            nodes[row].previous = last
            nodes[row].next = head
            nodes[last].next = row
            nodes[head].previous = row
            earliest[list] = min(earliest[list], when)
        }
    }

    private mutating func unlink(_ row: UInt32) {
        let node = nodes[row]
        let list = node.list
        nodes[row].list = -1
        if node.next == row {
            heads[list] = Self.none
            earliest[list] = Int64.max
            occupied[list / Self.listsPerLevel] &= ~(1 << UInt64(list % Self.listsPerLevel))
            return
        }
        nodes[node.previous].next = node.next
        nodes[node.next].previous = node.previous
        if heads[list] == row { heads[list] = node.next }
    }
}
