import Glibc

/// `[192.0.2.1]` and `[IPv6:2001:db8::1]`: RFC 5321 §4.1.3. Other forms are not in use and are refused.
enum AddressLiteral {
    /// The literal with its brackets, `IPv6:` in this spelling and digits in lower case; nil when it is
    /// malformed.
    static func normalized(_ text: String) -> String? {
        guard text.utf8.count <= 64, text.utf8.first == .openBracket, text.utf8.last == .closeBracket,
            text.utf8.count > 2, !text.utf8.contains(0)
        else { return nil }
        let content = String(text.dropFirst().dropLast())
        var storage = in6_addr()
        if content.hasPrefixIgnoringCase("IPv6:") {
            let address = content.dropFirst(5).lowercased()
            return inet_pton(AF_INET6, address, &storage) == 1 ? "[IPv6:\(address)]" : nil
        }
        return inet_pton(AF_INET, content, &storage) == 1 ? "[\(content)]" : nil
    }
}
