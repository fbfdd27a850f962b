import Testing

@testable import HTTP

/// What two implementations might read differently: the ways in which requests are smuggled.
@Suite struct FramingTests {
    private func post(_ fields: String...) -> String {
        "POST / HTTP/1.1\r\nHost: a\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n"
    }

    @Test func `a length is digits and nothing else`() throws {
        #expect(try parse(post("Content-Length: 0"))?.framing == BodyFraming.none)
        #expect(try parse(post("content-length:\t 0012 "))?.framing == .length(12))
        #expect(try parse(post("Content-Length: 9223372036854775807"))?.framing == .length(.max))
        for value in [
            "", "+1", "-1", "1,1", "1, 1", "1 1", "0x1", "1.0", "1e3", "9223372036854775808",
            "18446744073709551616",
            "99999999999999999999999", "１", "1;", "\u{b}1",
        ] {
            #expect(refusal(post("Content-Length: \(value)")) == 400, "\(value)")
        }
    }

    @Test func `a length that is given twice is refused, even the same`() {
        #expect(refusal(post("Content-Length: 1", "Content-Length: 1")) == 400)
        #expect(refusal(post("Content-Length: 0", "content-length: 1")) == 400)
    }

    @Test func `length and chunked exclude each other in either order`() {
        #expect(refusal(post("Content-Length: 1", "Transfer-Encoding: chunked")) == 400)
        #expect(refusal(post("Transfer-Encoding: chunked", "Content-Length: 0")) == 400)
    }

    @Test func `only chunked alone is taken`() throws {
        #expect(try parse(post("Transfer-Encoding: chunked"))?.framing == .chunked)
        #expect(try parse(post("transfer-encoding: Chunked "))?.framing == .chunked)
        for value in ["gzip, chunked", "identity, chunked", "x,chunked"] {
            #expect(refusal(post("Transfer-Encoding: \(value)")) == 501, "\(value)")
        }
        for value in [
            "", "identity", "gzip", "chunked, gzip", "chunked, chunked", "chunked,", ",chunked", "xchunked",
            "chunkedx",
            "\"chunked\"", "chunked;q=1", "chunked\u{b}", "\u{c}chunked", "chunked chunked", "chunked\t\tx",
        ] {
            #expect(refusal(post("Transfer-Encoding: \(value)")) == 400, "\(value)")
        }
    }

    @Test func `spellings that hide a transfer coding from one reader are refused`() {
        for field in [
            "Transfer-Encoding : chunked", "Transfer-Encoding\t: chunked", " Transfer-Encoding: chunked",
            "Transfer-Encoding\u{0}: chunked", "Transfer-Encoding", "Transfer-Encoding:\n chunked",
            "Transfer-Encoding:\r\n chunked", "X: y\rTransfer-Encoding: chunked",
            "X: y\nTransfer-Encoding: chunked",
            "\u{b}Transfer-Encoding: chunked",
        ] {
            #expect(refusal(post(field)) == 400, "\(field.debugDescription)")
        }
        #expect(refusal(post("Transfer-Encoding: chunked", "Transfer-Encoding: chunked")) == 400)
        #expect(refusal(post("Transfer-Encoding: chunked", "Transfer-Encoding: identity")) == 400)
        #expect(refusal("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == 400)
    }

    @Test func `names that only look like the framing fields are ordinary fields`() throws {
        let head = try #require(
            try parse(post("Transfer_Encoding: chunked", "Content_Length: 5", "X-Content-Length: 5")))
        #expect(head.framing == BodyFraming.none)
    }
}
