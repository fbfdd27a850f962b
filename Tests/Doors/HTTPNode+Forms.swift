import Crypto

/// Forms as clients send them.
extension HTTPNode {
    /// A part of a multipart form.
    struct Part {
        let name: String
        var filename: String?
        var contentType: String?
        let bytes: [UInt8]

        init(_ name: String, _ text: String) {
            self.name = name
            bytes = Array(text.utf8)
        }

        init(_ name: String, file: String, type: String? = nil, _ text: String) {
            self.init(name, text)
            filename = file
            contentType = type
        }
    }

    /// Sends an urlencoded form by `api:<key>`, as clients of Mailgun sign in.
    func form(
        _ path: String, _ fields: KeyValuePairs<String, String>, key: String = "dsp_live_one",
        headers: [String] = []
    ) async throws -> Answer {
        let items = fields.map { "\(Self.encoded($0.key))=\(Self.encoded($0.value))" }
        return try await ask(
            "POST", path, key: nil,
            headers: [Self.basic(key), "Content-Type: application/x-www-form-urlencoded"] + headers,
            body: Array(items.joined(separator: "&").utf8))
    }

    func form(
        _ path: String, parts: [Part], key: String = "dsp_live_one", boundary: String = "b",
        headers: [String] = []
    ) async throws -> Answer {
        var body: [UInt8] = []
        for part in parts {
            let filename = part.filename.map { "; filename=\"\($0)\"" } ?? ""
            let type = part.contentType.map { "\r\nContent-Type: \($0)" } ?? ""
            body += Array(
                """
                --\(boundary)\r\nContent-Disposition: form-data; name="\(part.name)"\(filename)\(type)\r\n\r\n
                """.utf8)
            body += part.bytes + Array("\r\n".utf8)
        }
        body += Array("--\(boundary)--\r\n".utf8)
        return try await ask(
            "POST", path, key: nil,
            headers: [Self.basic(key), "Content-Type: multipart/form-data; boundary=\(boundary)"] + headers,
            body: body)
    }

    private static func basic(_ key: String) -> String {
        "Authorization: Basic \(Base64.encode(Array("api:\(key)".utf8)))"
    }

    private static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain = (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
            return isPlain ? String(UnicodeScalar(byte)) : "%" + Hex.encode([byte]).uppercased()
        }.joined()
    }
}
