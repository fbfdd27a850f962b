import Crypto
import HTTP

/// An access key of the fake account and what its user may do.
package struct Route53Key: Sendable {
    package let id: String
    package let secret: String
    /// Of temporary credentials alone.
    package let sessionToken: String?
    package let user: String
    /// Such as `route53:ListHostedZones`; `route53:*` for all.
    package let actions: Set<String>
    /// Zone ids; nil for all.
    package let zones: Set<String>?

    func allows(_ action: String) -> Bool {
        actions.contains(action) || actions.contains("route53:*")
    }
}

/// The verifying side of AWS Signature Version 4, for Route 53: the service is `route53`, the region
/// `us-east-1`, the path has single slashes and is escaped once more than it came.
enum Route53Signature {
    /// Region, service and the word that ends a scope.
    static let scope = ["us-east-1", "route53", "aws4_request"]
    /// A request may be as many seconds old.
    private static let maxSkewSeconds = 300

    /// The key that signed the request.
    static func signer(
        of request: HTTPRequest, body: [UInt8], keys: [Route53Key], now: Int, scope end: [String] = scope
    ) throws(Route53Error) -> Route53Key {
        let fields = try fields(request)
        let scope = (fields["Credential"] ?? "").split(separator: "/").map(String.init)
        guard scope.count == 5, Array(scope[2...]) == end else {
            throw Route53Error(
                403, "SignatureDoesNotMatch",
                "Credential should be scoped to a valid region and the service 'route53'.")
        }
        guard let key = keys.first(where: { $0.id == scope[0] }) else { throw .unknownKey }
        let date = request.headers["x-amz-date"] ?? ""
        guard date.hasPrefix(scope[1]), let signedAt = seconds(date) else {
            throw .incomplete(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date.")
        }
        guard abs(signedAt - now) <= maxSkewSeconds else {
            throw Route53Error(403, "SignatureDoesNotMatch", "Signature expired: \(date)")
        }
        let signed = (fields["SignedHeaders"] ?? "").split(separator: ";").map(String.init)
        try check(signed, request, key)
        let canonical = canonicalRequest(request, signed, body)
        let text = [
            "AWS4-HMAC-SHA256", date, scope[1...].joined(separator: "/"),
            Hex.encode(Digest.sha256(canonical)),
        ].joined(separator: "\n")
        var code = Array("AWS4\(key.secret)".utf8)
        for part in scope[1...] { code = HMAC.sha256(key: code, message: Array(part.utf8)) }
        let expected = Hex.encode(HMAC.sha256(key: code, message: Array(text.utf8)))
        guard constantTimeEqual(Array(expected.utf8), Array((fields["Signature"] ?? "").utf8)) else {
            throw .badSignature
        }
        return key
    }

    /// `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`.
    private static func fields(_ request: HTTPRequest) throws(Route53Error) -> [String: String] {
        guard let value = request.headers["authorization"] else { throw .unsigned }
        let scheme = "AWS4-HMAC-SHA256 "
        guard value.hasPrefix(scheme) else { throw .incomplete("Unsupported Authorization scheme") }
        var fields: [String: String] = [:]
        for item in value.dropFirst(scheme.count).split(separator: ",") {
            let parts = item.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw .incomplete("Authorization header is malformed") }
            let name = String(parts[0].drop { $0 == " " })
            guard fields.updateValue(parts[1], forKey: name) == nil else {
                throw .incomplete("Authorization header has \(name) twice")
            }
        }
        for name in ["Credential", "SignedHeaders", "Signature"] where fields[name] == nil {
            throw .incomplete("Authorization header requires '\(name)' parameter.")
        }
        return fields
    }

    private static func check(
        _ signed: [String], _ request: HTTPRequest, _ key: Route53Key
    ) throws(Route53Error) {
        var needed = ["host", "x-amz-date"]
        if key.sessionToken != nil { needed.append("x-amz-security-token") }
        for name in needed where !signed.contains(name) || !request.headers.contains(name) {
            throw Route53Error(403, "SignatureDoesNotMatch", "'\(name)' must be a signed header")
        }
        guard signed == signed.sorted(), request.headers["x-amz-security-token"] == key.sessionToken else {
            throw .unknownKey
        }
        let hash = request.headers["x-amz-content-sha256"]
        guard hash == nil || signed.contains("x-amz-content-sha256") else {
            throw Route53Error(403, "SignatureDoesNotMatch", "'x-amz-content-sha256' must be signed")
        }
    }

    private static func canonicalRequest(
        _ request: HTTPRequest, _ signed: [String], _ body: [UInt8]
    ) -> [UInt8] {
        let target = request.head.rawPathAndQuery.split(separator: "?", maxSplits: 1).map(String.init)
        var lines = [request.method.rawValue, escaped(normal(target.first ?? "/"), keepsSlash: true)]
        let items = request.query.items.map { item in
            (name: escaped(item.name), value: escaped(item.value))
        }
        lines.append(
            items.sorted { ($0.name, $0.value) < ($1.name, $1.value) }
                .map { "\($0.name)=\($0.value)" }.joined(separator: "&"))
        for name in signed {
            let values = request.headers.values(name).map { value in
                value.split(separator: " ").joined(separator: " ")
            }
            lines.append("\(name):\(values.joined(separator: ","))")
        }
        lines.append("")
        lines.append(signed.joined(separator: ";"))
        lines.append(Hex.encode(Digest.sha256(body)))
        return Array(lines.joined(separator: "\n").utf8)
    }

    /// A path with single slashes; segments of dots do not come here.
    private static func normal(_ path: String) -> String {
        let segments = path.split(separator: "/")
        let end = path.hasSuffix("/") && !segments.isEmpty ? "/" : ""
        return "/" + segments.joined(separator: "/") + end
    }

    /// RFC 3986 §2.3: all but the unreserved characters as `%XX`.
    private static func escaped(_ text: String, keepsSlash: Bool = false) -> String {
        var output = ""
        for byte in text.utf8 {
            let isKept =
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "-._~".utf8.contains(byte) || (keepsSlash && byte == UInt8(ascii: "/"))
            if isKept {
                output.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                output += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return output
    }

    /// `20261121T052045Z` as seconds since 1970.
    private static func seconds(_ text: String) -> Int? {
        let digits = text.utf8.compactMap { (0x30...0x39).contains($0) ? Int($0) - 0x30 : nil }
        guard text.utf8.count == 16, digits.count == 14, text.utf8.dropFirst(8).first == UInt8(ascii: "T"),
            text.utf8.last == UInt8(ascii: "Z")
        else { return nil }
        func number(_ range: Range<Int>) -> Int { digits[range].reduce(0) { $0 * 10 + $1 } }
        let (year, month, day) = (number(0..<4), number(4..<6), number(6..<8))
        // Days since 1970-01-01, with the year beginning in March.
        let shifted = month <= 2 ? year - 1 : year
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
        return days * 86_400 + number(8..<10) * 3_600 + number(10..<12) * 60 + number(12..<14)
    }
}
