import FoundationEssentials
import NodeProtocol
import TestSupport
import Testing

/// The wire format, byte by byte.
@Suite struct ProtobufWriterTests {
    private func written(_ body: (inout ProtobufWriter) -> Void) -> [UInt8] {
        var writer = ProtobufWriter(capacityBytes: 0)
        body(&writer)
        return writer.bytes
    }

    /// A number in groups of seven bits, the lowest first.
    private func varint(_ value: UInt64) -> [UInt8] {
        value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7F | 0x80)] + varint(value >> 7)
    }

    @Test func `numbers are written in groups of seven bits, negative ones in ten`() {
        let edges = [0, 1, 0x7F, 0x80, 0x3FFF, 0x4000, 1 << 35, .max] as [Int64]
        for value in edges + edges.map({ -$0 }) + [.min] {
            let expected = [0x10] + varint(UInt64(bitPattern: value))
            #expect(written { $0.put(2, value) } == expected)
            #expect(written { $0.put(2, value as Int64?) } == expected)
        }
        #expect(written { $0.put(2, UInt8.max) } == [0x10, 0xFF, 0x01])
        #expect(written { $0.put(2, true) } == [0x10, 1] && written { $0.put(2, false) } == [0x10, 0])
        #expect(written { $0.put(16, 3) } == [0x80, 0x01, 3])
        #expect(written { $0.put(2, nil as Int?) }.isEmpty && written { $0.put(2, nil as String?) }.isEmpty)
    }

    @Test(arguments: [0, 1, 2, 15, 16, 126, 127, 128, 129, 16_383, 16_384, 16_385])
    func `texts, bytes and messages stand behind their length`(count: Int) {
        let text = String(repeating: "x", count: count)
        let expected = [0x0A] + varint(UInt64(count)) + text.utf8
        #expect(written { $0.put(1, text) } == expected)
        #expect(written { $0.put(1, Array(text.utf8)) } == expected)
        #expect(written { $0.put(1, repeated: [text, text]) } == expected + expected)
        let inner = [0x12] + varint(UInt64(expected.count)) + expected
        #expect(written { $0.put(2) { $0.put(1, text) } } == inner)
        let outer = [0x1A] + varint(UInt64(inner.count)) + inner
        #expect(written { $0.put(3) { $0.put(2) { $0.put(1, text) } } } == outer)
    }

    @Test func `texts that are more than ASCII and identifiers are their bytes`() throws {
        #expect(written { $0.put(1, "é") } == [0x0A, 2, 0xC3, 0xA9])
        let id = MessageID(high: 0x0102_0304_0506_0708, low: 0x090A_0B0C_0D0E_0F10)
        #expect(written { $0.put(1, id) } == [0x0A, 16] + (1...16))
        let tenant = try #require(TenantID(bytes: Array(1...16)[...]))
        #expect(written { $0.put(1, tenant) } == [0x0A, 16] + (1...16))
    }

    @Test func `what stands there already stays in front`() {
        var bytes: [UInt8] = [9, 8]
        ProtobufWriter.write(behind: &bytes) { $0.put(1, "x") }
        #expect(bytes == [9, 8, 0x0A, 1, 0x78])
    }
}
