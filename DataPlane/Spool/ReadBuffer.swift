import EventLoop

/// Memory that one read after the other goes into: fresh memory for each would cost more than the read.
///
/// Not `Sendable`: one reader owns it.
final class ReadBuffer {
    private var memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)

    deinit { memory.deallocate() }

    /// `count` bytes of a file at `offset`, or fewer where it ends before. They are there until the next
    /// call.
    func read(_ file: any DiskFile, count: Int, at offset: Int) throws(SystemError) -> UnsafeRawBufferPointer
    {
        if memory.count < count {
            memory.deallocate()
            memory = .allocate(byteCount: count, alignment: 16)
        }
        var filled = 0
        while filled < count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: memory[filled..<count])
            let got = try file.read(into: rest, at: offset + filled)
            if got == 0 { break }
            filled += got
        }
        return UnsafeRawBufferPointer(rebasing: memory[..<filled])
    }
}
