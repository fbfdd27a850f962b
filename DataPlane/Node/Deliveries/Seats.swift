import Queue

/// Numbers the connections of each lane: a slot gets the lowest number that is free in its lane.
///
/// A number stands for one event loop, so the attempts of a lane keep to as few loops as it has connections, and
/// each finds there the idle connection that it or another of the same number left. So a lane never has more
/// connections open than its limit allows, idle ones included.
struct Seats {
    private struct Seat {
        let lane: LaneKey
        let number: Int
    }

    /// For each lane which numbers are taken.
    private var lanes: [LaneKey: [Bool]] = [:]
    private var seats: [SlotID: Seat] = [:]

    mutating func take(_ slot: SlotID, on lane: LaneKey) -> Int {
        var taken = lanes[lane] ?? []
        let number = taken.firstIndex(of: false) ?? taken.count
        if number < taken.count { taken[number] = true } else { taken.append(true) }
        lanes[lane] = taken
        seats[slot] = Seat(lane: lane, number: number)
        return number
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
