import Crypto
import Testing

@Suite struct EncodingTests {
    @Test func `hex goes there and back for every byte`() {
        let all = (0...255).map { UInt8($0) }
        #expect(Hex.decode(Hex.encode(all)) == all)
        #expect(Hex.decode(Hex.encode(all).uppercased()) == all)
        #expect(Hex.decode("abc") == nil)
        #expect(Hex.decode("zz") == nil)
        #expect(Hex.encode([0, 0x9F] as [UInt8]) == "009f")
    }

    @Test func `base64 goes there and back for every length`() {
        for count in 0..<70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
            #expect(Base64.decodeURL(Base64.encodeURL(bytes)) == bytes)
        }
        #expect(Base64.encode("Ma") == "TWE=")
        #expect(Base64.encode("M") == "TQ==")
        #expect(Base64.encode([0xFB, 0xFF] as [UInt8]) == "+/8=")
        #expect(Base64.encodeURL([0xFB, 0xFF] as [UInt8]) == "-_8")
    }

    @Test func `each value has one base64 text only`() {
        for text in [
            "TWE", "TW E=", "TWE=\n", "TWF=", "TQ=", "T===", "====", "=", "TWE=TWE=", "TW-_", "TWE==",
        ] {
            #expect(Base64.decode(text) == nil, "\(text)")
        }
        for text in ["TWE=", "TWF", "T", "TW+/", "TW E", "TR"] {
            #expect(Base64.decodeURL(text) == nil, "\(text)")
        }
    }

    @Test func `tokens have their prefix, their length, and only letters and digits`() {
        let token = SecureRandom.token(prefix: "dsp_live_", bytes: 32)
        #expect(token.hasPrefix("dsp_live_"))
        #expect(token.dropFirst(9).count == 43)
        #expect(token.dropFirst(9).allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) })
        #expect(SecureRandom.token(prefix: "", bytes: 32) != SecureRandom.token(prefix: "", bytes: 32))
        #expect(SecureRandom.bytes(100).count == 100)
        #expect(SecureRandom.bytes(0).isEmpty)
        #expect(SecureRandom.bytes(32) != SecureRandom.bytes(32))
    }
}
