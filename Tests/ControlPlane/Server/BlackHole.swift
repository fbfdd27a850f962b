import EventLoop
import Glibc

/// A port of loopback where no connection comes to be, and nobody says so: its queue is full, so that the
/// kernel drops every further SYN.
final class BlackHole: Sendable {
    let address: SocketAddress
    private let listener: Listener
    private let waiting: [Int32]

    init() throws {
        listener = try Listener(.ipv4(0x7F00_0001, port: 0), backlog: 0)
        address = listener.address
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = address.port.bigEndian
        target.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        waiting = (0..<3).map { _ in
            let fd = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
            withUnsafePointer(to: target) { pointer in
                _ = pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(fd, $0, size) }
            }
            return fd
        }
    }

    deinit {
        for fd in waiting { close(fd) }
        listener.close()
    }
}
