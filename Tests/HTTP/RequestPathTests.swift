import Testing

@testable import HTTP

@Suite struct RequestPathTests {
    private func segments(_ target: String) throws -> [String] {
        let path = try #require(try parse("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n")).path
        return (0..<path.count).map { path[$0] }
    }

    @Test func `segments are split first and decoded then`() throws {
        #expect(try segments("/") == [])
        #expect(try segments("/a/b") == ["a", "b"])
        #expect(try segments("/a/b/") == ["a", "b"])
        #expect(try segments("/a//b") == ["a", "", "b"])
        #expect(try segments("/a%2fb/%C3%A9?x") == ["a/b", "é"])
        #expect(try segments("/%41+b") == ["A+b"])
    }

    @Test func `escapes that are broken, NUL and dot segments are refused`() {
        for target in [
            "/%", "/%4", "/%4g", "/%%41", "/a%00b", "/a/../b", "/..", "/.", "/./a", "/%2e%2e/a", "/.%2E",
            "/%2e", "/a/..",
            "/%ff", "/%c3", "/?a=%", "/?a=%0", "/?a=%00", "/?%zz",
        ] {
            #expect(refusal("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n") == 400, "\(target)")
        }
    }

    @Test func `names that merely hold dots are ordinary`() throws {
        #expect(try segments("/.../a..b/..c") == ["...", "a..b", "..c"])
    }

    @Test func `a query keeps repeated keys, and plus is a space`() throws {
        let head = try #require(
            try parse("GET /?tag=a&tag=b+c&e=&f&=g&&%6e%3D=%26 HTTP/1.1\r\nHost: a\r\n\r\n"))
        let query = head.query
        #expect(query.all("tag") == ["a", "b c"])
        #expect(query["tag"] == "a")
        #expect(query["e"] == "")
        #expect(query["f"] == "")
        #expect(query[""] == "g")
        #expect(query["n="] == "&")
        #expect(query["none"] == nil)
        #expect(query.names == ["tag", "e", "f", "", "n="])
    }

    @Test func `a whole number in a query is checked and named`() throws {
        let query = try #require(try parse("GET /?limit=50&page=x&big=999 HTTP/1.1\r\nHost: a\r\n\r\n")).query
        #expect(try query.integer("limit", default: 20, in: 1...200) == 50)
        #expect(try query.integer("none", default: 20, in: 1...200) == 20)
        let failure = #expect(throws: APIError.self) { try query.integer("page", default: 1, in: 1...9) }
        #expect(failure?.field == "page")
        #expect(throws: APIError.self) { try query.integer("big", default: 1, in: 1...9) }
    }
}
