import Queue

/// Numbers the connections of each lane: a slot gets the lowest number that is free in its lane, counted from
/// where the lane begins.
///
/// A number stands for one event loop, and connections wait for their next message on their loop. So an
/// attempt finds the idle connection that an earlier one of the same number left, and a lane never has more
/// connections open than its limit allows, idle ones included. Lanes begin at different numbers, so that
/// those with a single connection are spread over the loops.
struct Seats {
    private struct Seat {
        let lane: LaneKey
        let number: Int
    }

    /// For each lane which numbers are taken.
    private var lanes: [LaneKey: [Bool]] = [:]
    private var seats: [SlotID: Seat] = [:]

    /// Never negative.
    mutating func take(_ slot: SlotID, on lane: LaneKey) -> Int {
        var taken = lanes[lane] ?? []
        let number = taken.firstIndex(of: false) ?? taken.count
        if number < taken.count { taken[number] = true } else { taken.append(true) }
        lanes[lane] = taken
        seats[slot] = Seat(lane: lane, number: number)
        return Self.start(of: lane) + number
    }

    /// The same in every process, unlike a hash value.
    private static func start(of lane: LaneKey) -> Int {
        lane.destination.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF }
    }

    mutating func release(_ slot: SlotID) {
        guard let seat = seats.removeValue(forKey: slot), var taken = lanes[seat.lane],
            taken.indices.contains(seat.number)
        else { return }
        taken[seat.number] = false
        while taken.last == false { taken.removeLast() }
        lanes[seat.lane] = taken.isEmpty ? nil : taken
    }
}
