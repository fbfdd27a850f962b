import TestSupport
import Testing

@testable import HTTP

/// Forms that come in pieces.
@Suite struct FormReaderTests {
    private static let multipart =
        "ignored\r\n--B\r\nContent-Disposition: form-data; name=\"to\"\r\n\r\na@b\r\n--B \t\r\n"
        + "Content-Disposition: form-data; name=\"attachment\"; filename=\"x.bin\"\r\n"
        + "Content-Type: a/b\r\n\r\n\r\n-\r\n--\r\n--C\r\n--B\r\n"
        + "Content-Disposition: form-data; name=\"empty\"\r\n\r\n\r\n--B--\r\nignored too"
    private static let urlencoded = "to=a%40b&to=c+d&h%3AX=1&empty=&bare&&t=%C3%A9"

    private func read(_ type: String, _ body: [UInt8], by size: Int) throws(APIError) -> [String] {
        var reader = try FormReader(contentType: type, expectedBytes: body.count)
        for start in stride(from: 0, to: body.count, by: size) {
            try reader.take(body[start..<min(start + size, body.count)])
        }
        return try reader.finish().fields.map { field in
            "\(field.name)|\(field.filename ?? "")|\(field.contentType ?? "")|\(field.text ?? "")"
        }
    }

    @Test func `a form is the same however it is divided`() throws {
        let forms = [
            ("multipart/form-data; boundary=B", Self.multipart),
            ("application/x-www-form-urlencoded", Self.urlencoded),
        ]
        for (type, text) in forms {
            let body = Array(text.utf8)
            let whole = try read(type, body, by: body.count)
            #expect(whole.count == (type.hasPrefix("multipart") ? 3 : 6))
            for size in 1..<body.count {
                #expect(try read(type, body, by: size) == whole, "\(type) by \(size)")
            }
        }
    }

    @Test func `a form that ends anywhere before its end is refused`() throws {
        let body = Array(Self.multipart.utf8)
        let end = try #require(Self.multipart.firstRange(of: "--B--")).upperBound
        let whole = Self.multipart.utf8.distance(from: Self.multipart.startIndex, to: end)
        for count in 0..<whole {
            let part = Array(body[..<count])
            let failure = #expect(throws: APIError.self, "\(count) bytes") {
                try read("multipart/form-data; boundary=B", part, by: 7)
            }
            #expect(failure?.code == "invalid_form")
        }
        #expect(throws: Never.self) {
            try read("multipart/form-data; boundary=B", Array(body[..<whole]), by: 7)
        }
    }

    @Test func `what is malformed is refused as soon as it has come`() throws {
        var limits = FormLimits()
        limits.maxValueBytes = 100
        limits.maxPartHeaderBytes = 100
        let long = [UInt8](repeating: UInt8(ascii: "x"), count: 200)
        var form = try FormReader(contentType: "application/x-www-form-urlencoded", limits: limits)
        try form.take(Array("a=".utf8)[...])
        #expect(throws: APIError.self) { try form.take(long[...]) }
        for start in ["--B\r\nX-Long: ", "--B\r\nContent-Disposition: form-data; name=a\r\n\r\n"] {
            var form = try FormReader(contentType: "multipart/form-data; boundary=B", limits: limits)
            try form.take(Array(start.utf8)[...])
            #expect(throws: APIError.self) { try form.take(long[...]) }
        }
    }

    @Test func `a file of any bytes comes out as it went in`() throws {
        let seed: UInt64 = .random(in: 0 ... .max)
        print("form reader seed \(seed)")
        var random = SeededRandom(seed: seed)
        for _ in 0..<200 {
            // Of the bytes that delimiters are made of, so that beginnings of them are everywhere.
            let file = (0..<Int.random(in: 0...200, using: &random)).map { _ in
                [13, 10, 45, 66].randomElement(using: &random) ?? 66 as UInt8
            }
            guard !String(decoding: file, as: UTF8.self).contains("\r\n--B") else { continue }
            let head = "--B\r\nContent-Disposition: form-data; name=a; filename=f\r\n\r\n"
            let body = Array(head.utf8) + file + Array("\r\n--B--".utf8)
            var reader = try FormReader(contentType: "multipart/form-data; boundary=B")
            var rest = body[...]
            while !rest.isEmpty {
                let count = Int.random(in: 1...9, using: &random)
                try reader.take(rest.prefix(count))
                rest = rest.dropFirst(count)
            }
            #expect(try reader.finish().fields.first?.bytes == file)
        }
    }
}
