import Queue

/// Numbers the connections of each lane: a slot gets the lowest number that is free in its lane, counted from
/// where the lane begins.
///
/// A number stands for one event loop, and connections wait for their next message on their loop. So an
/// attempt finds the idle connection that an earlier one of the same number left, and a lane never has more
/// connections open than its limit allows, idle ones included. Lanes begin at different numbers, so that
/// those with a single connection are spread over the loops.
struct Seats {
    /// Which numbers of a lane are taken.
    private final class Row {
        let lane: LaneKey
        let start: Int
        var taken: [Bool] = []

        init(_ lane: LaneKey) {
            self.lane = lane
            // The same in every process, unlike a hash value.
            start = lane.destination.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF }
        }
    }

    private struct Seat {
        let row: Row
        let number: Int
    }

    /// Of lanes that have one taken.
    private var rows: [LaneKey: Row] = [:]
    private var seats: [SlotID: Seat] = [:]

    /// Never negative.
    mutating func take(_ slot: SlotID, on lane: LaneKey) -> Int {
        let row = row(of: lane)
        let number = row.taken.firstIndex(of: false) ?? row.taken.count
        if number < row.taken.count { row.taken[number] = true } else { row.taken.append(true) }
        seats[slot] = Seat(row: row, number: number)
        return row.start + number
    }

    private mutating func row(of lane: LaneKey) -> Row {
        if let known = rows[lane] { return known }
        let new = Row(lane)
        rows[lane] = new
        return new
    }

    mutating func release(_ slot: SlotID) {
        guard let seat = seats.removeValue(forKey: slot), seat.row.taken.indices.contains(seat.number) else {
            return
        }
        let row = seat.row
        row.taken[seat.number] = false
        while row.taken.last == false { row.taken.removeLast() }
        if row.taken.isEmpty { rows[row.lane] = nil }
    }
}
