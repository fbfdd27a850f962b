/// An array in pieces of 1,024: it grows without copying what it holds, so a million elements neither stop
/// the loop nor leave slack behind.
struct ChunkedArray<Element: Sendable>: Sendable {
    private static var bits: UInt32 { 10 }
    private static var mask: UInt32 { (1 << bits) - 1 }

    private var chunks: ContiguousArray<ContiguousArray<Element>> = []
    private(set) var count: UInt32 = 0

    subscript(index: UInt32) -> Element {
        _read { yield chunks[Int(index >> Self.bits)][Int(index & Self.mask)] }
        _modify { yield &chunks[Int(index >> Self.bits)][Int(index & Self.mask)] }
    }

    mutating func append(_ element: Element) {
        if count & Self.mask == 0 {
            var chunk: ContiguousArray<Element> = []
            // The first chunk grows as it is needed: most tables stay small.
            if count > 0 { chunk.reserveCapacity(Int(Self.mask) + 1) }
            chunks.append(chunk)
        }
        chunks[chunks.count - 1].append(element)
        count += 1
    }
}
