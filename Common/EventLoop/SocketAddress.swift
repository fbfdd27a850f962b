import CLinux
import Glibc

/// Where a socket listens or connects: IPv4, IPv6, or a path.
package enum SocketAddress: Hashable, Sendable, CustomStringConvertible {
    /// The address in host order.
    case ipv4(UInt32, port: UInt16)
    /// 16 bytes in network order.
    case ipv6([UInt8], port: UInt16)
    case unix(String)

    /// Parses `127.0.0.1:25`, `[::1]:25` or `unix:/path`.
    package init?(_ text: String) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            guard !path.isEmpty, path.utf8.count < 108 else { return nil }
            self = .unix(path)
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        self.init(ip: String(host), port: port)
    }

    /// Parses an address without a port.
    package init?(ip: String, port: UInt16) {
        var four = in_addr()
        if inet_pton(AF_INET, ip, &four) == 1 {
            self = .ipv4(UInt32(bigEndian: four.s_addr), port: port)
            return
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, ip, &six) == 1 else { return nil }
        self = .ipv6(withUnsafeBytes(of: &six) { Array($0) }, port: port)
    }

    /// 0 for a path.
    package var port: UInt16 {
        switch self {
        case .ipv4(_, let port), .ipv6(_, let port): port
        case .unix: 0
        }
    }

    /// The address in its usual form without port or brackets; a path as it is.
    package var ip: String {
        switch self {
        case .ipv4(let address, _):
            var four = in_addr(s_addr: address.bigEndian)
            return Self.text(AF_INET, &four)
        case .ipv6(let bytes, _): return bytes.count == 16 ? Self.text(AF_INET6, bytes) : "::"
        case .unix(let path): return path
        }
    }

    private static func text(_ family: Int32, _ address: UnsafeRawPointer) -> String {
        String(unsafeUninitializedCapacity: Int(INET6_ADDRSTRLEN)) { buffer in
            buffer.withMemoryRebound(to: CChar.self) { buffer in
                guard let start = buffer.baseAddress,
                    inet_ntop(family, address, start, socklen_t(buffer.count)) != nil
                else { return 0 }
                return strlen(start)
            }
        }
    }

    package var description: String {
        switch self {
        case .ipv4(_, let port): "\(ip):\(port)"
        case .ipv6(_, let port): "[\(ip)]:\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }

    /// The same host at another port.
    package func with(port: UInt16) -> Self {
        switch self {
        case .ipv4(let address, _): .ipv4(address, port: port)
        case .ipv6(let bytes, _): .ipv6(bytes, port: port)
        case .unix: self
        }
    }

    var family: Int32 {
        switch self {
        case .ipv4: AF_INET
        case .ipv6: AF_INET6
        case .unix: AF_UNIX
        }
    }

    func withSockaddr<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        var storage = sockaddr_storage()
        let length = write(to: &storage)
        return withUnsafePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }

    init?(_ storage: sockaddr_storage, length: socklen_t) {
        let parsed: SocketAddress? = withUnsafeBytes(of: storage) { bytes in
            switch Int32(bytes.loadUnaligned(as: sa_family_t.self)) {
            case AF_INET:
                let four = bytes.loadUnaligned(as: sockaddr_in.self)
                return .ipv4(UInt32(bigEndian: four.sin_addr.s_addr), port: UInt16(bigEndian: four.sin_port))
            case AF_INET6:
                var six = bytes.loadUnaligned(as: sockaddr_in6.self)
                let port = UInt16(bigEndian: six.sin6_port)
                return .ipv6(withUnsafeBytes(of: &six.sin6_addr) { Array($0) }, port: port)
            case AF_UNIX:
                let path = bytes.dropFirst(2).prefix(max(0, Int(length) - 2)).prefix { $0 != 0 }
                return .unix(String(decoding: path, as: UTF8.self))
            default: return nil
            }
        }
        guard let parsed else { return nil }
        self = parsed
    }

    private func write(to storage: inout sockaddr_storage) -> socklen_t {
        withUnsafeMutableBytes(of: &storage) { bytes in
            switch self {
            case .ipv4(let address, let port):
                var four = sockaddr_in()
                four.sin_family = sa_family_t(AF_INET)
                four.sin_port = port.bigEndian
                four.sin_addr.s_addr = address.bigEndian
                bytes.storeBytes(of: four, as: sockaddr_in.self)
                return socklen_t(MemoryLayout<sockaddr_in>.size)
            case .ipv6(let address, let port):
                var six = sockaddr_in6()
                six.sin6_family = sa_family_t(AF_INET6)
                six.sin6_port = port.bigEndian
                withUnsafeMutableBytes(of: &six.sin6_addr) { $0.copyBytes(from: address.prefix(16)) }
                bytes.storeBytes(of: six, as: sockaddr_in6.self)
                return socklen_t(MemoryLayout<sockaddr_in6>.size)
            case .unix(let path):
                bytes.storeBytes(of: sa_family_t(AF_UNIX), as: sa_family_t.self)
                let text = Array(path.utf8.prefix(107))
                bytes.baseAddress?.advanced(by: 2).copyMemory(from: text, byteCount: text.count)
                return socklen_t(2 + text.count + 1)
            }
        }
    }
}

extension SocketAddress {
    /// The address at this end of a socket, or at the other.
    static func of(_ fd: Int32, peer: Bool) -> SocketAddress {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let code = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                peer ? getpeername(fd, $0, &length) : getsockname(fd, $0, &length)
            }
        }
        guard code == 0, let address = SocketAddress(storage, length: length) else { return .unix("") }
        return address
    }
}
