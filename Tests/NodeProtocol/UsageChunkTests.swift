import NodeProtocol
import Testing

@Suite struct UsageChunkTests {
    private func tenant(_ last: Int) throws -> TenantID {
        try #require(TenantID(text: "11111111-1111-4111-8111-1111111111\(last)"))
    }

    @Test func `what was used comes back as it was written, and nothing else is read as usage`() throws {
        var chunk = UsageChunk(month: "2026-11", day: "2026-11-21")
        chunk.shares[try tenant(10)] = [
            .init(node: 1, month: 5_000_000_000, day: 7, perMinute: 3),
            .init(node: 65_535, month: 0, day: 0, perMinute: 0),
        ]
        chunk.shares[try tenant(11)] = [.init(node: 2, month: 1, day: 1, perMinute: 0)]
        let bytes = chunk.encoded()
        #expect(UsageChunk(protobuf: bytes[...]) == chunk)
        #expect(chunk.usage(of: try tenant(12)) == nil)
        #expect(chunk.usage(of: try tenant(11))?.shares.first?.node == 2)
        #expect(UsageChunk(protobuf: bytes.dropLast()) == nil)
        #expect(UsageChunk(protobuf: Array("{}".utf8)[...]) == nil)
    }
}
