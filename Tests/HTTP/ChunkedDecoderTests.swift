import EventLoop
import Testing

@testable import HTTP

@Suite struct ChunkedDecoderTests {
    /// The decoded body, nil when more is needed; whatever stands behind the body is answered too.
    private func decode(
        _ text: String, maxBytes: Int = 1_000_000
    ) throws(HTTPParseError) -> (body: String, rest: Int)? {
        var input = ByteBuffer()
        input.append(text.utf8)
        var body: [UInt8] = []
        var decoder = ChunkedDecoder()
        guard try decoder.decode(&input, into: &body, maxBytes: maxBytes) else { return nil }
        return (String(decoding: body, as: UTF8.self), input.count)
    }

    @Test func `chunks are joined, extensions and trailers dropped, and what follows is left`() throws {
        let text = "3;a=b\r\nabc\r\n0A ; x=\"y\"\r\n0123456789\r\n000\r\nX-T: v\r\nY:\r\n\r\nGET"
        let found = try #require(try decode(text))
        #expect(found.body == "abc0123456789")
        #expect(found.rest == 3)
        #expect(try #require(try decode("0\r\n\r\n")).body == "")
    }

    @Test func `the answer is the same wherever the bytes are split`() throws {
        let bytes = Array("5;q\r\nhello\r\n1\r\n!\r\n0\r\nT: v\r\n\r\n".utf8)
        for first in 0...bytes.count {
            for second in first...bytes.count {
                var input = ByteBuffer()
                var body: [UInt8] = []
                var decoder = ChunkedDecoder()
                var isFinished = false
                for piece in [bytes[..<first], bytes[first..<second], bytes[second...]] {
                    input.append(piece)
                    isFinished = try decoder.decode(&input, into: &body, maxBytes: 100)
                }
                #expect(isFinished)
                #expect(body == Array("hello!".utf8))
            }
        }
    }

    @Test(arguments: [
        "g\r\n", "\r\n", "-1\r\n", "+1\r\n", " 1\r\na\r\n", "0x1\r\n", "1\na\r\n", "1\r\nab\r\n", "1\r\na\n",
        "1\r\na\rx",
        "8000000000000000\r\n", "FFFFFFFFFFFFFFFF\r\n", "00000000000000001\r\n", "1 a\r\n", "1 \r\na\r\n",
        "1,\r\n",
        "1;\u{0}\r\na\r\n", "1;a\rb\r\na\r\n", "0\r\nbad\r\n\r\n", "0\r\n X: y\r\n\r\n", "0\r\nX : y\r\n\r\n",
        "0\r\nX: a\nb\r\n\r\n", "0\r\n\n", "1\r\r\na\r\n",
    ])
    func `what is not exactly the grammar is refused`(text: String) {
        #expect(throws: HTTPParseError.self) { try decode(text) }
    }

    @Test func `extensions and trailers are bounded although they are dropped`() {
        let long = String(repeating: "x", count: 17_000)
        #expect(throws: HTTPParseError.self) { try decode("1;" + long) }
        let many = String(repeating: "1;\(String(repeating: "y", count: 1000))\r\na\r\n", count: 20)
        #expect(throws: HTTPParseError.self) { try decode(many) }
        #expect(throws: HTTPParseError.self) { try decode("0\r\nX: \(long)\r\n\r\n") }
        #expect(throws: HTTPParseError.self) {
            try decode("0\r\n" + String(repeating: "X: y\r\n", count: 101))
        }
    }

    @Test func `decoding stops soon after the largest size`() throws {
        var input = ByteBuffer()
        input.append("5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n".utf8)
        var body: [UInt8] = []
        var decoder = ChunkedDecoder()
        #expect(try !decoder.decode(&input, into: &body, maxBytes: 4))
        #expect(body.count == 5)
    }
}
