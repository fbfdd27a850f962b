import Glibc

/// Bytes that were received and not yet consumed: they come in at the end and go out at the front.
package struct ByteBuffer: Sendable {
    private static let keptCapacityBytes = 64 * 1024

    private var storage: [UInt8] = []
    private var head = 0

    package init() {}

    package var count: Int { storage.count - head }
    package var isEmpty: Bool { head == storage.count }

    /// The byte at `offset` from the first that is not consumed; traps outside of `0..<count`.
    package subscript(_ offset: Int) -> UInt8 { storage[head + offset] }

    package mutating func append(_ bytes: some Collection<UInt8>) { storage.append(contentsOf: bytes) }

    /// Drops up to `count` bytes from the front.
    package mutating func consume(_ count: Int) {
        head += min(max(0, count), self.count)
        if head == storage.count {
            storage.removeAll(keepingCapacity: storage.capacity <= Self.keptCapacityBytes)
            head = 0
        } else if head >= Self.keptCapacityBytes, head > storage.count / 2 {
            storage.removeSubrange(..<head)
            head = 0
        }
    }

    /// Takes up to `count` bytes out at the front.
    package mutating func take(_ count: Int) -> [UInt8] {
        let bytes = Array(prefix(count))
        consume(bytes.count)
        return bytes
    }

    package mutating func takeAll() -> [UInt8] {
        if head == 0 {
            defer { storage = [] }
            return storage
        }
        return take(count)
    }

    /// The offset of the first such byte at or behind `start`, or nil.
    package func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
        guard start >= 0, start < count else { return nil }
        return storage.withUnsafeBytes { bytes -> Int? in
            guard let base = bytes.baseAddress else { return nil }
            let from = base + head + start
            guard let found = memchr(from, Int32(byte), bytes.count - head - start) else { return nil }
            return UnsafeRawPointer(found) - (base + head)
        }
    }

    /// Up to `count` bytes at the front, without copying; not for keeping.
    package func prefix(_ count: Int) -> ArraySlice<UInt8> {
        storage[head..<(head + min(max(0, count), self.count))]
    }

    package func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result
    {
        try storage.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[head...])) }
    }

    package mutating func clear() { consume(count) }
}
