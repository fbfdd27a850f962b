/// `host:port` where the host may be a name: checks the form only, resolves nothing.
enum HostAndPort {
    static let maxHostBytes = 253

    static func isValid(_ text: String) -> Bool {
        guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else { return false }
        let host = text.utf8[..<colon]
        let port = text[text.utf8.index(after: colon)...]
        guard let number = UInt16(port), number > 0, port.utf8.first != UInt8(ascii: "+") else {
            return false
        }
        return isHost(host)
    }

    /// A name of letters, digits, `-`, `_` and `.`, an IPv4 address, or an IPv6 address in brackets.
    static func isHost(_ host: Substring.UTF8View) -> Bool {
        guard !host.isEmpty, host.count <= maxHostBytes else { return false }
        if host.first == UInt8(ascii: "[") {
            guard host.last == UInt8(ascii: "]") else { return false }
            let inner = host.dropFirst().dropLast()
            return !inner.isEmpty && inner.allSatisfy { isHexadecimal($0) || $0 == 0x3A || $0 == 0x2E }
        }
        return host.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: "."):
                true
            default: false
            }
        }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}

/// URLs of settings: checks the form only. Wire-level parsing belongs to the HTTP client.
enum URLText {
    static func isAbsolute(_ text: String, schemes: [String]) -> Bool {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return false }
        guard let scheme = schemes.first(where: { text.lowercased().hasPrefix("\($0)://") }) else {
            return false
        }
        let afterScheme = text.utf8.dropFirst(scheme.utf8.count + 3)
        let authority = afterScheme.prefix { $0 != 0x2F && $0 != 0x3F && $0 != 0x23 }
        let hostAndPort = authority.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false).last
        guard let hostAndPort, !hostAndPort.isEmpty else { return false }
        if HostAndPort.isHost(hostAndPort) { return true }
        return HostAndPort.isValid(String(Substring(hostAndPort)))
    }
}
