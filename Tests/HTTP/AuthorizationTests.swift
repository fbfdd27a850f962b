import Testing

@testable import HTTP

@Suite struct AuthorizationTests {
    private func read(_ values: String...) throws -> Authorization {
        var headers = HTTPHeaders()
        for value in values { headers.append("Authorization", value) }
        return try HTTPRequest(.get, "/", headers: headers).authorization
    }

    @Test func `bearer and basic are read, whatever the case of the scheme`() throws {
        #expect(try read() == .none)
        #expect(try read("Bearer dsp_live_x.y-z") == .bearer("dsp_live_x.y-z"))
        #expect(try read("bEARER  x") == .bearer("x"))
        #expect(try read("Basic YTpiOmM=") == .basic(username: "a", password: "b:c"))
        #expect(try read("basic Ojo=") == .basic(username: "", password: ":"))
    }

    @Test func `anything else is malformed`() throws {
        for value in [
            "", "Bearer", "Bearer ", "Bearer a b", "Basic", "Basic !", "Basic YQ==", "Basic YQ", "Digest x",
            "x",
            "Basic AGE6Yg==", "Basic /zpi", "Bearer \u{e9}", "Bearer " + String(repeating: "x", count: 9000),
        ] {
            #expect(try read(value) == .malformed, "\(value)")
        }
        #expect(try read("Bearer a", "Bearer a") == .malformed)
    }
}
