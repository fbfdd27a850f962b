import CLinux

/// The bytes of one batch of groups, laid out as they go into a segment, ready for one write.
///
/// Grows to the greatest batch it has seen and keeps that memory. Owned by one writer thread, which is inside
/// one call at a time: no look at each access whether another one overlaps.
package final class FrameBuffer {
    @exclusivity(unchecked) private var memory: UnsafeMutableRawBufferPointer
    @exclusivity(unchecked) package private(set) var count = 0
    @exclusivity(unchecked) private var frameStart = 0
    @exclusivity(unchecked) private var header: SegmentHeader

    init(header: SegmentHeader) {
        memory = .allocate(byteCount: 1 << 16, alignment: 16)
        self.header = header
    }

    deinit { memory.deallocate() }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[..<count]) }

    /// Empties the buffer; what comes next is meant for the segment of `header`.
    func reset(for header: SegmentHeader) {
        count = 0
        self.header = header
    }

    func startFrame(type: UInt8, sequence: UInt64, startsBatch: Bool, startsGroup: Bool) {
        frameStart = count
        var flags: Frame.Flags = []
        if startsBatch { flags.insert(.startsBatch) }
        if startsGroup { flags.insert(.startsGroup) }
        reserve(Frame.headBytes)
        // Length and checksum are known at its end.
        memory.storeBytes(of: type, toByteOffset: count + Frame.typeOffset, as: UInt8.self)
        memory.storeBytes(of: flags.rawValue, toByteOffset: count + Frame.flagsOffset, as: UInt8.self)
        memory.storeBytes(
            of: header.mark.littleEndian, toByteOffset: count + Frame.markOffset, as: UInt16.self)
        memory.storeBytes(
            of: sequence.littleEndian, toByteOffset: count + Frame.sequenceOffset, as: UInt64.self)
        count += Frame.headBytes
    }

    package func put<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number) {
        reserve(MemoryLayout<Number>.size)
        memory.storeBytes(of: number.littleEndian, toByteOffset: count, as: Number.self)
        count += MemoryLayout<Number>.size
    }

    package func put(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { put($0) }
    }

    package func put(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress, !bytes.isEmpty else { return }
        reserve(bytes.count)
        memory.baseAddress?.advanced(by: count).copyMemory(from: source, byteCount: bytes.count)
        count += bytes.count
    }

    /// Completes the frame that `startFrame` began.
    func endFrame(hasMore: Bool) {
        if hasMore { memory[frameStart + Frame.flagsOffset] |= Frame.Flags.more.rawValue }
        let checked = UnsafeRawBufferPointer(rebasing: memory[frameStart + Frame.uncountedBytes..<count])
        let checksum = clinux_crc32c(header.salt, checked.baseAddress, checked.count)
        memory.storeBytes(
            of: UInt32(clamping: checked.count).littleEndian, toByteOffset: frameStart, as: UInt32.self)
        memory.storeBytes(of: checksum.littleEndian, toByteOffset: frameStart + 4, as: UInt32.self)
    }

    private func reserve(_ more: Int) {
        if count + more > memory.count { grow(more) }
    }

    private func grow(_ more: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(memory.count * 2, count + more), alignment: 16)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<count]))
        memory.deallocate()
        memory = larger
    }
}
