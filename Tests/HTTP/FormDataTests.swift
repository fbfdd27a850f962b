import TestSupport
import Testing

@testable import HTTP

@Suite struct FormDataTests {
    private func multipart(
        _ body: String, type: String = "multipart/form-data; boundary=B", limits: FormLimits = FormLimits()
    ) throws(APIError) -> FormData {
        try FormData.parse(contentType: type, body: Array(body.utf8), limits: limits)
    }

    private func form(_ body: String, limits: FormLimits = FormLimits()) throws(APIError) -> FormData {
        try FormData.parse(
            contentType: "application/x-www-form-urlencoded; charset=utf-8", body: Array(body.utf8),
            limits: limits)
    }

    @Test func `an urlencoded form keeps order, repeated names and empty values`() throws {
        let found = try form("to=a%40b&to=c+d&h%3AX=1&empty=&bare&&t=%C3%A9")
        #expect(found.fields.map(\.name) == ["to", "to", "h:X", "empty", "bare", "t"])
        #expect(found.all("to").map(\.text) == ["a@b", "c d"])
        #expect(found["t"] == "é")
        #expect(found["none"] == nil)
        #expect(try form("").fields.isEmpty)
    }

    @Test(arguments: ["a=%", "a=%4", "a=%zz", "a=%00", "%ff=1"])
    func `an urlencoded form with a broken escape is refused`(body: String) {
        #expect(throws: APIError.self) { try form(body) }
    }

    @Test func `a multipart form gives names, files and their types`() throws {
        let body =
            "preamble\r\n--B\r\nContent-Disposition: form-data; name=\"to\"\r\n\r\na@b\r\n"
            + "--B\t\r\ncontent-disposition: form-data; name=attachment; filename=\"C:\\dir\\a %22b.txt\"\r\n"
            + "Content-Type: text/plain; charset=x\r\n\r\nline\r\n-- B\r\n--\r\n\r\n"
            + "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"; "
            + "filename*=UTF-8''%c3%a9.pdf\r\n\r\n\r\n"
            + "--B--\r\nepilogue"
        let found = try multipart(body)
        #expect(found.fields.map(\.name) == ["to", "attachment", "f"])
        #expect(found["to"] == "a@b")
        #expect(found.fields[1].filename == "a \"b.txt")
        #expect(found.fields[1].contentType == "text/plain; charset=x")
        #expect(found.fields[1].text == "line\r\n-- B\r\n--\r\n")
        #expect(found.fields[2].filename == "é.pdf")
        #expect(found.fields[2].bytes.isEmpty)
    }

    @Test func `a boundary may be quoted and a form may be empty`() throws {
        #expect(
            try multipart("--a b:c--", type: "Multipart/Form-Data; x=y; Boundary=\"a b:c\"").fields.isEmpty)
    }

    @Test(arguments: [
        "", "nothing", "--B", "--B\r\n", "--B\r\n\r\nx\r\n--B--",
        "--B\r\nContent-Disposition: form-data\r\n\r\nx\r\n--B--",
        "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx",
        "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--B",
        "--B\nContent-Disposition: form-data; name=\"a\"\n\nx\n--B--",
        "--B\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nx\r\n--B--",
        "--B\r\nContent-Disposition: form-data; name=\"a\r\n\r\nx\r\n--B--",
        "--B\r\nContent-Disposition: form-data; name=\"a\"; name=\"b\"\r\n\r\nx\r\n--B--",
        "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n"
            + "Content-Transfer-Encoding: base64\r\n\r\neA==\r\n--B--",
        "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--Bx\r\n--B--",
        "--B\r\nContent-Disposition: form-data; name=a; filename*=UTF-8''a%0d%0ab\r\n\r\nx\r\n--B--",
        "--B\r\nno colon\r\n\r\nx\r\n--B--",
    ])
    func `a multipart form that is not whole or not well formed is refused`(body: String) {
        #expect(throws: APIError.self) { try multipart(body) }
    }

    @Test func `limits hold for fields, names, values and part headers`() {
        var limits = FormLimits()
        limits.maxFields = 2
        limits.maxNameBytes = 3
        limits.maxValueBytes = 4
        limits.maxPartHeaderBytes = 64
        #expect(throws: APIError.self) { try form("a=1&b=2&c=3", limits: limits) }
        #expect(throws: APIError.self) { try form("abcd=1", limits: limits) }
        #expect(throws: APIError.self) { try form("a=12345", limits: limits) }
        let head = "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n"
        #expect(throws: Never.self) { try multipart(head + "\r\n1234\r\n--B--", limits: limits) }
        #expect(throws: APIError.self) { try multipart(head + "\r\n12345\r\n--B--", limits: limits) }
        #expect(throws: APIError.self) {
            try multipart(head + "X: 01234567890123456789\r\n\r\n1\r\n--B--", limits: limits)
        }
        let parts = String(repeating: head + "\r\n1\r\n", count: 3)
        #expect(throws: APIError.self) { try multipart(parts + "--B--", limits: limits) }
    }

    @Test func `any other type is told what a form is`() {
        for type in ["", "text/plain", "multipart/mixed; boundary=B", "application/json"] {
            let failure = #expect(throws: APIError.self) { try FormData.parse(contentType: type, body: []) }
            #expect(failure?.status == 415)
        }
        for type in [
            "multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"",
            "multipart/form-data; boundary=a; boundary=b",
            "multipart/form-data; boundary=" + String(repeating: "b", count: 71),
        ] {
            let failure = #expect(throws: APIError.self) { try FormData.parse(contentType: type, body: []) }
            #expect(failure?.status == 400)
        }
    }

    @Test func `ten thousand mutated forms are read or refused`() {
        let seed: UInt64 = .random(in: 0 ... .max)
        print("form fuzz seed \(seed)")
        var random = SeededRandom(seed: seed)
        let start = Array(
            ("--B\r\nContent-Disposition: form-data; name=\"a\"; filename=\"x\"\r\n\r\n1\r\n"
                + "--B\r\n\r\n--B--\r\n").utf8)
        for _ in 0..<10_000 {
            var bytes = start
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                if Bool.random(using: &random) {
                    bytes[place] = UInt8.random(in: 0...255, using: &random)
                } else {
                    bytes.removeSubrange(place..<min(place + 3, bytes.count))
                }
                if bytes.isEmpty { break }
            }
            _ = try? FormData.parse(contentType: "multipart/form-data; boundary=B", body: bytes)
            _ = try? FormData.parse(contentType: "application/x-www-form-urlencoded", body: bytes)
            _ = try? FormData.parse(contentType: String(decoding: bytes, as: UTF8.self), body: bytes)
        }
    }
}
