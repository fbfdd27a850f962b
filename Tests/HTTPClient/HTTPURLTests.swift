import Testing

@testable import HTTPClient

@Suite struct HTTPURLTests {
    @Test func `a URL comes apart into what will be used`() throws {
        let url = try HTTPURL("HTTPS://Example.COM/a/../b?c=d#e")
        #expect(url.scheme == "https" && url.host == "example.com" && url.port == 443)
        #expect(url.path == "/b" && url.query == "c=d" && url.description == "https://example.com/b?c=d")
        let plain = try HTTPURL("http://example.com:8080")
        #expect(plain.port == 8080 && plain.path == "/" && plain.query == nil && !plain.isSecure)
        #expect(plain.description == "http://example.com:8080/")
        let six = try HTTPURL("http://[2001:DB8::1]:81/")
        #expect(six.host == "2001:db8::1" && six.description == "http://[2001:db8::1]:81/")
        #expect(six.address?.description == "[2001:db8::1]:81")
    }

    @Test(arguments: ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0x7f.1", "127.0.0.1"])
    func `an IPv4 address in any form is that address`(host: String) throws {
        #expect(try HTTPURL("http://\(host)/").host == "127.0.0.1")
    }

    @Test(arguments: [
        "", "example.com", "/path", "//example.com", "ftp://example.com/", "file:///etc/passwd", "gopher://x",
        "http://",
        "http://exa mple.com/", "http://example.com/a b", "http://example.com:0/",
        "http://example.com:99999/",
        "http://example.com:x/", "http://a@example.com/", "http://a:b@example.com/",
        "http://[fe80::1%25eth0]/",
        "http://[::1/", "http://exämple.com/", "http://example.com/\r\nX: y", "http://example.com/\u{0}",
        "javascript:alert(1)", "http://[1.2.3.4]/",
    ])
    func `what cannot be fetched is refused`(text: String) {
        #expect(throws: HTTPClientError.self) { try HTTPURL(text) }
    }

    @Test func `user information is kept apart and never printed`() throws {
        let url = try HTTPURL("https://user:p%40ss@example.com/x", allowsUserInfo: true)
        #expect(url.user == "user" && url.password == "p@ss")
        #expect(url.description == "https://example.com/x")
    }

    @Test func `a URL has a longest length`() throws {
        let path = String(repeating: "a", count: HTTPURL.maxBytes - 9)
        #expect(try HTTPURL("http://a/" + path).path.utf8.count == path.utf8.count + 1)
        #expect(throws: HTTPClientError.invalidURL("longer than 8192 bytes")) {
            try HTTPURL("http://a/" + path + "a")
        }
    }
}
