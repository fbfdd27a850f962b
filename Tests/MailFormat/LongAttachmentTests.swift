import MailFormat
import Testing

/// Files that are encoded in several portions.
@Suite struct LongAttachmentTests {
    @Test(arguments: [0, 1, 56, 57, 58, 58_367, 58_368, 58_369, 116_736, 200_001])
    func `every line but the last has 76 characters, and the bytes come back`(count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let encoded = TransferEncoding.base64.encode(bytes)
        #expect(TransferEncoding.base64.decode(encoded[...]) == bytes)
        let lines = String(decoding: encoded, as: UTF8.self).split(
            separator: "\r\n", omittingEmptySubsequences: false)
        #expect(lines.last == "")
        #expect(lines.dropLast(2).allSatisfy { $0.utf8.count == 76 })
        #expect(lines.count == (count + 56) / 57 + 1)
    }
}
