import NodeProtocol

/// Finds a message's first entry by its id. Holds row numbers alone, four bytes a place: the ids are in the
/// entries already.
///
/// Open addressing with linear probing in 256 shards; each grows by itself, so no call moves more than a
/// small part. Ids are random words of our own making, so nobody can aim at one place.
struct MessageIndex: Sendable {
    private static let shardBits = 8

    private struct Shard: Sendable {
        var places: ContiguousArray<UInt32> = []
        var used = 0
    }

    private var shards = ContiguousArray(repeating: Shard(), count: 1 << shardBits)

    private static func hash(_ id: MessageID) -> UInt64 {
        var mixed = id.high &* 0x9E37_79B9_7F4A_7C15 ^ id.low
        mixed = (mixed ^ (mixed >> 32)) &* 0xD6E8_FEB8_6659_FD93
        return mixed ^ (mixed >> 32)
    }

    private static func shard(_ hash: UInt64) -> Int { Int(hash >> (64 - UInt64(shardBits))) }

    /// The row under which the message is found, or `noRow`.
    func row(of id: MessageID, in entries: borrowing Table<Entry>) -> UInt32 {
        let hash = Self.hash(id)
        let shard = Self.shard(hash)
        guard let place = place(of: id, hash, shard, entries) else { return noRow }
        return shards[shard].places[place]
    }

    /// Puts `row` under its entry's id, in place of the row that is there; answers that one, or `noRow`.
    mutating func set(_ row: UInt32, for id: MessageID, in entries: borrowing Table<Entry>) -> UInt32 {
        let hash = Self.hash(id)
        let shard = Self.shard(hash)
        if let place = place(of: id, hash, shard, entries) {
            let before = shards[shard].places[place]
            shards[shard].places[place] = row
            return before
        }
        if (shards[shard].used + 1) * 4 > shards[shard].places.count * 3 { grow(shard, entries) }
        var place = Int(truncatingIfNeeded: hash) & (shards[shard].places.count - 1)
        while shards[shard].places[place] != noRow { place = (place + 1) & (shards[shard].places.count - 1) }
        shards[shard].places[place] = row
        shards[shard].used += 1
        return noRow
    }

    mutating func remove(_ id: MessageID, in entries: borrowing Table<Entry>) {
        let hash = Self.hash(id)
        let shard = Self.shard(hash)
        guard var hole = place(of: id, hash, shard, entries) else { return }
        let mask = shards[shard].places.count - 1
        shards[shard].places[hole] = noRow
        shards[shard].used -= 1
        // What was pushed on by the removed one moves back, so that no mark of it has to stay.
        var next = (hole + 1) & mask
        while shards[shard].places[next] != noRow {
            let home = Int(truncatingIfNeeded: Self.hash(entries[shards[shard].places[next]].id)) & mask
            if (next - home) & mask >= (next - hole) & mask {
                shards[shard].places[hole] = shards[shard].places[next]
                shards[shard].places[next] = noRow
                hole = next
            }
            next = (next + 1) & mask
        }
    }

    private func place(
        of id: MessageID, _ hash: UInt64, _ shard: Int, _ entries: borrowing Table<Entry>
    ) -> Int? {
        let mask = shards[shard].places.count - 1
        guard mask >= 0 else { return nil }
        var place = Int(truncatingIfNeeded: hash) & mask
        while true {
            let row = shards[shard].places[place]
            if row == noRow { return nil }
            if entries[row].id == id { return place }
            place = (place + 1) & mask
        }
    }

    private mutating func grow(_ shard: Int, _ entries: borrowing Table<Entry>) {
        let old = shards[shard].places
        let count = max(old.count * 2, 8)
        var places = ContiguousArray(repeating: noRow, count: count)
        for row in old where row != noRow {
            var place = Int(truncatingIfNeeded: Self.hash(entries[row].id)) & (count - 1)
            while places[place] != noRow { place = (place + 1) & (count - 1) }
            places[place] = row
        }
        shards[shard].places = places
    }
}
