import CCurl
import EventLoop

/// An absolute `http` or `https` URL, read by libcurl's parser, so that what was checked is what is fetched.
///
/// The host comes out as libcurl will use it: lower case, and an IPv4 address in decimal, octal or
/// hexadecimal form as four decimal numbers. Names outside of ASCII are refused: convert them to A-labels
/// before.
///
/// Limits: `maxBytes` of text; no zone identifiers, no control characters or spaces, no port 0.
package struct HTTPURL: Hashable, Sendable, CustomStringConvertible {
    package static let maxBytes = 8_192

    /// `http` or `https`.
    package let scheme: String
    /// Without the brackets of an IPv6 address.
    package let host: String
    /// Given, or 80 or 443.
    package let port: UInt16
    /// Begins with `/`.
    package let path: String
    /// What stands behind `?`, or nil.
    package let query: String?
    /// The `user:password` of the URL, decoded; sent as Basic authorization. Keep it out of every log.
    package let user: String?
    package let password: String?
    /// The whole URL in normal form with its user information and without its fragment.
    let text: String

    package var isSecure: Bool { scheme == "https" }

    /// The address when the host is one.
    package var address: SocketAddress? { SocketAddress(ip: host, port: port) }

    /// The URL without user information, fit for logs.
    package var description: String {
        let shown = host.contains(":") ? "[\(host)]" : host
        let standard = port == (isSecure ? 443 : 80)
        return "\(scheme)://\(shown)" + (standard ? "" : ":\(port)") + path + (query.map { "?\($0)" } ?? "")
    }

    /// - Throws: `.invalidURL` with a reason that does not repeat the text.
    package init(_ text: String, allowsUserInfo: Bool = false) throws(HTTPClientError) {
        guard text.utf8.count <= Self.maxBytes else {
            throw .invalidURL("longer than \(Self.maxBytes) bytes")
        }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            throw .invalidURL("it holds a space or a control character")
        }
        guard let handle = curl_url() else { throw .other(0, "out of memory") }
        defer { curl_url_cleanup(handle) }
        let flags = allowsUserInfo ? UInt32(0) : UInt32(CURLU_DISALLOW_USER)
        let code = curl_url_set(handle, CURLUPART_URL, text, flags)
        guard code == CURLUE_OK else { throw .invalidURL(String(cString: curl_url_strerror(code))) }
        _ = curl_url_set(handle, CURLUPART_FRAGMENT, nil, 0)
        try self.init(handle)
    }

    private init(_ handle: OpaquePointer) throws(HTTPClientError) {
        guard let scheme = Self.part(handle, CURLUPART_SCHEME), scheme == "http" || scheme == "https" else {
            throw .invalidURL("neither http nor https")
        }
        guard let host = Self.part(handle, CURLUPART_HOST), !host.isEmpty else {
            throw .invalidURL("no host")
        }
        guard host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .invalidURL("the host is not ASCII")
        }
        guard Self.part(handle, CURLUPART_ZONEID) == nil else { throw .invalidURL("an address with a zone") }
        let portText = Self.part(handle, CURLUPART_PORT, flags: UInt32(CURLU_DEFAULT_PORT)) ?? ""
        guard let port = UInt16(portText), port > 0 else { throw .invalidURL("not a port") }
        guard let text = Self.part(handle, CURLUPART_URL) else {
            throw .invalidURL("it cannot be put together")
        }
        self.scheme = scheme
        self.host = Self.canonical(host)
        self.port = port
        self.text = text
        path = Self.part(handle, CURLUPART_PATH) ?? "/"
        query = Self.part(handle, CURLUPART_QUERY)
        user = Self.part(handle, CURLUPART_USER, flags: UInt32(CURLU_URLDECODE))
        password = Self.part(handle, CURLUPART_PASSWORD, flags: UInt32(CURLU_URLDECODE))
    }

    private static func canonical(_ host: String) -> String {
        let bare = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host.lowercased()
        return SocketAddress(ip: bare, port: 0)?.ip ?? bare
    }

    private static func part(_ handle: OpaquePointer, _ part: CURLUPart, flags: UInt32 = 0) -> String? {
        var value: UnsafeMutablePointer<CChar>?
        guard curl_url_get(handle, part, &value, flags) == CURLUE_OK, let value else { return nil }
        defer { curl_free(value) }
        return String(cString: value)
    }
}
