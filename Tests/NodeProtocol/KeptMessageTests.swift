import NodeProtocol
import TestSupport
import Testing

/// What the log keeps of a message.
@Suite struct KeptMessageTests {
    private var whole: KeptMessage {
        var again = KeptMessage.Again(envelopeSender: "a@one.example")
        again.links = [1, 2, 3]
        again.isBulk = true
        again.request = [9]
        again.recipients = ["b@x.example", "c@x.example"]
        return KeptMessage(Array("Subject: x\r\n\r\n".utf8), again: again, captured: [7])
    }

    @Test func `it comes back as it was`() {
        #expect(KeptMessage(protobuf: whole.encoded()) == whole)
        let bare = KeptMessage([], again: KeptMessage.Again(envelopeSender: ""))
        #expect(KeptMessage(protobuf: bare.encoded()) == bare)
        #expect(whole.shown == [7] && bare.shown == [])
    }

    @Test func `what a later version adds is passed over`() {
        var writer = ProtobufWriter()
        writer.put(99, "later")
        #expect(KeptMessage(protobuf: whole.encoded() + writer.bytes) == whole)
        let again = KeptMessage.Again(protobuf: (whole.again?.encoded() ?? []) + writer.bytes)
        #expect(again == whole.again)
    }

    @Test func `bytes of something else are none`() {
        #expect(KeptMessage(protobuf: []) == nil)
        #expect(KeptMessage(protobuf: Array("Subject: x\r\n\r\n".utf8)) == nil)
        let bytes = whole.encoded()
        for count in 0..<bytes.count { _ = KeptMessage(protobuf: Array(bytes[..<count])) }
        #expect(KeptMessage(protobuf: Array(bytes.dropLast())) == nil)
    }
}
