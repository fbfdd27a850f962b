import Glibc

/// A TCP port of 127.0.0.1 that was free a moment ago. Prefer port 0 where the program under test can report
/// what it got: between this call and its bind, somebody else may take the port.
package enum FreePort {
    package static func tcp() throws -> UInt16 { try port(of: Int32(SOCK_STREAM.rawValue)) }
    package static func udp() throws -> UInt16 { try port(of: Int32(SOCK_DGRAM.rawValue)) }

    private static func port(of type: Int32) throws -> UInt16 {
        let descriptor = socket(AF_INET, type, 0)
        guard descriptor >= 0 else { throw TestSupportError("socket", code: errno) }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let failed = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) != 0 || getsockname(descriptor, $0, &length) != 0
            }
        }
        guard !failed else { throw TestSupportError("bind", code: errno) }
        return UInt16(bigEndian: address.sin_port)
    }
}
