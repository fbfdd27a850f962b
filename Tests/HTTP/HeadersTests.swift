import Testing

@testable import HTTP

@Suite struct HeadersTests {
    @Test func `names are compared without case and several fields are kept apart`() {
        var headers: HTTPHeaders = ["Content-Type": "a", "X": "1", "x": "2"]
        #expect(headers["CONTENT-TYPE"] == "a")
        #expect(headers.values("X") == ["1", "2"])
        headers["X"] = "3"
        #expect(headers.values("x") == ["3"])
        headers["x"] = nil
        #expect(!headers.contains("X"))
        #expect(headers.count == 1)
    }

    @Test func `a value cannot add a second field`() {
        var headers = HTTPHeaders()
        headers.append("X\r\nY", "a\r\nSet-Cookie: b\u{0}\u{7F}")
        #expect(headers.count == 1)
        #expect(String(decoding: headers.bytes, as: UTF8.self) == "X--Y: a  Set-Cookie: b  \r\n")
    }

    @Test func `a response frames itself whatever its handler set`() {
        var writer = ResponseWriter()
        let response = HTTPResponse(
            status: 200,
            headers: [
                "content-length": "9", "Transfer-Encoding": "chunked", "Connection": "x", "Server": "s",
                "X-A": "b",
            ],
            body: Array("hi".utf8))
        let id = RequestID(high: 1, low: 0xAB)
        writer.write(response, id: id, date: Array("Date: now\r\n".utf8), closes: true, omitsBody: false)
        #expect(
            String(decoding: writer.output, as: UTF8.self)
                == "HTTP/1.1 200 OK\r\nX-A: b\r\nDate: now\r\n"
                + "X-Request-ID: 000000000000000100000000000000ab\r\n"
                + "Content-Length: 2\r\nConnection: close\r\n\r\nhi")
    }

    @Test func `HEAD has the length without the body, and 204 has neither`() {
        var writer = ResponseWriter()
        writer.write(.text("hello"), id: .random(), date: [], closes: false, omitsBody: true)
        #expect(String(decoding: writer.output, as: UTF8.self).hasSuffix("Content-Length: 5\r\n\r\n"))
        writer.output = []
        writer.write(
            HTTPResponse(status: 204, body: [65]), id: .random(), date: [], closes: false, omitsBody: false)
        let text = String(decoding: writer.output, as: UTF8.self)
        #expect(!text.contains("Content-Length"))
        #expect(text.hasSuffix("\r\n\r\n"))
    }

    @Test func `dates are printed as the standard shows them`() {
        #expect(DateCache.format(secondsSince1970: 784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(DateCache.format(secondsSince1970: 951_782_400) == "Tue, 29 Feb 2000 00:00:00 GMT")
    }

    @Test func `request ids do not repeat`() {
        var source = RequestIDSource()
        #expect(Set((0..<1000).map { _ in source.next() }).count == 1000)
    }
}
