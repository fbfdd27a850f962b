import Crypto
import Service

/// Signs requests to AWS: Signature Version 4 in the `Authorization` header.
///
/// Pure. Every header that is given is signed; the caller sends exactly what it gave here. The scheme is that
/// of AWS's "Create a signed AWS API request": a canonical request, a string to sign, a key derived from the
/// date, region and service.
struct SigV4: Sendable {
    struct Key: Sendable {
        let id: String
        let secret: Secret
    }

    struct Request: Sendable {
        var method: String
        /// As it is sent, before encoding: each segment is encoded here once.
        var path: String
        /// As it is sent, without `?`.
        var query: String
        var headers: [(name: String, value: String)]
        var body: [UInt8]
    }

    let key: Key
    let region: String
    let service: String
    /// Whether `.`, `..` and doubled slashes are taken out of the path, as every service but S3 does.
    var normalizesPath = true

    /// The value of `Authorization`.
    ///
    /// - Parameter timestamp: as in `X-Amz-Date`, such as `20260105T120000Z`.
    func authorization(_ request: Request, timestamp: String) -> String {
        let scope = scope(timestamp)
        let signature = Hex.encode(
            HMAC.sha256(key: signingKey(timestamp), message: stringToSign(request, timestamp: timestamp)))
        return "AWS4-HMAC-SHA256 Credential=\(key.id)/\(scope), "
            + "SignedHeaders=\(signedNames(request)), Signature=\(signature)"
    }

    func stringToSign(_ request: Request, timestamp: String) -> String {
        let hash = Hex.encode(Digest.sha256(canonical(request)))
        return "AWS4-HMAC-SHA256\n\(timestamp)\n\(scope(timestamp))\n\(hash)"
    }

    func canonical(_ request: Request) -> String {
        let headers = canonicalHeaders(request).map { "\($0.name):\($0.value)\n" }.joined()
        return [
            request.method, canonicalPath(request.path), Self.canonicalQuery(request.query), headers,
            signedNames(request), Hex.encode(Digest.sha256(request.body)),
        ].joined(separator: "\n")
    }

    private func scope(_ timestamp: String) -> String {
        "\(timestamp.prefix(8))/\(region)/\(service)/aws4_request"
    }

    private func signingKey(_ timestamp: String) -> [UInt8] {
        var key = Array("AWS4\(key.secret.revealed)".utf8)
        for part in [String(timestamp.prefix(8)), region, service, "aws4_request"] {
            key = HMAC.sha256(key: key, message: part)
        }
        return key
    }

    // MARK: Canonical parts

    private func canonicalPath(_ path: String) -> String {
        let isClosed = path.hasSuffix("/") || path.hasSuffix("/.") || path.hasSuffix("/..")
        guard normalizesPath else { return Self.encoded(path, keeping: UInt8(ascii: "/")) }
        var segments: [Substring] = []
        for segment in path.split(separator: "/") where segment != "." {
            if segment == ".." { _ = segments.popLast() } else { segments.append(segment) }
        }
        let joined = "/" + segments.joined(separator: "/") + (isClosed && !segments.isEmpty ? "/" : "")
        return Self.encoded(joined, keeping: UInt8(ascii: "/"))
    }

    private static func canonicalQuery(_ query: String) -> String {
        let items = query.split(separator: "&").map { item in
            let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (encoded(decoded(pair[0])), pair.count == 2 ? encoded(decoded(pair[1])) : "")
        }
        return items.sorted { $0 < $1 }.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    }

    private func canonicalHeaders(_ request: Request) -> [(name: String, value: String)] {
        var values: [String: [String]] = [:]
        for (name, value) in request.headers {
            let words = value.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r\n" })
            values[name.lowercased(), default: []].append(words.joined(separator: " "))
        }
        return values.map { ($0.key, $0.value.joined(separator: ",")) }.sorted { $0.0 < $1.0 }
    }

    private func signedNames(_ request: Request) -> String {
        canonicalHeaders(request).map(\.name).joined(separator: ";")
    }

    /// All but the unreserved characters of RFC 3986 §2.3 as `%` and two upper-case digits.
    private static func encoded(_ text: some StringProtocol, keeping kept: UInt8? = nil) -> String {
        var encoded = ""
        for byte in text.utf8 {
            let isOpen = ProviderCredential.isWordByte(byte) || byte == 0x2E || byte == 0x7E || byte == kept
            if isOpen {
                encoded.unicodeScalars.append(UnicodeScalar(byte))
            } else {
                encoded += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return encoded
    }

    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let decoded = Hex.decode(Array(rest.prefix(2))), decoded.count == 1
            {
                bytes += decoded
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
