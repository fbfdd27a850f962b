extension Array {
    /// The elements in order, in parts of at most so many bytes; one that is larger stands alone.
    package func batches(
        maxBytes: Int, _ bytes: (Element) -> Int
    ) -> [(items: ArraySlice<Element>, bytes: Int)] {
        var batches: [(items: ArraySlice<Element>, bytes: Int)] = []
        var start = 0
        var sum = 0
        for index in indices {
            let more = bytes(self[index])
            if index > start, sum + more > maxBytes {
                batches.append((self[start..<index], sum))
                start = index
                sum = 0
            }
            sum += more
        }
        if start < count { batches.append((self[start...], sum)) }
        return batches
    }
}

extension SegmentLog {
    /// Deletes segments, oldest first, while `mayGo` says so; `gone` hears of each. A failure is of no
    /// consequence but space: the next call tries again.
    package func removeOldest(while mayGo: (Segment) -> Bool, gone: (Segment) -> Void) {
        while canRemoveOldest, let oldest = segments.first, mayGo(oldest) {
            try? removeOldest()
            guard segments.first?.number != oldest.number else { return }
            gone(oldest)
        }
    }
}
