import CLinux
import Glibc

/// A UDP socket that talks with one peer only: the kernel drops what comes from elsewhere. Loop bound.
///
/// Unchecked for the reason that `ByteStream` gives.
package final class UDPSocket: @unchecked Sendable {
    private let fd: Int32
    private let loop: EventLoop
    private let readiness: Readiness
    private var closed = false

    /// Binds a free local port, chosen by the kernel, and fixes the peer.
    package init(connectedTo address: SocketAddress) throws(SystemError) {
        guard let loop = EventLoop.current else { preconditionFailure("a socket off an event loop") }
        self.loop = loop
        let fd = clinux_socket(address.family, Int32(SOCK_DGRAM.rawValue))
        guard fd >= 0 else { throw .last("socket") }
        guard address.withSockaddr({ connect(fd, $0, $1) }) == 0 else {
            let error = SystemError.last("connect \(address)")
            Glibc.close(fd)
            throw error
        }
        self.fd = fd
        do {
            readiness = try Readiness(fd, on: loop)
        } catch {
            Glibc.close(fd)
            throw error
        }
    }

    deinit { close() }

    /// Sends one datagram; what the kernel has no room for is lost, as on the wire.
    package func send(_ bytes: [UInt8]) throws(SystemError) {
        let count = bytes.withUnsafeBytes {
            Glibc.send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        if count < 0, errno != EAGAIN { throw .last("send") }
    }

    /// The next datagram of the peer, cut to `maxBytes`.
    package func receive(timeout: Duration, maxBytes: Int) async throws(StreamError) -> [UInt8] {
        let deadline = MonotonicTime.now().advanced(by: timeout)
        while true {
            if closed { throw .closed }
            let room = UnsafeMutableRawBufferPointer(
                rebasing: loop.scratch[..<min(maxBytes, loop.scratch.count)])
            let count = recv(fd, room.baseAddress, room.count, 0)
            if count >= 0 { return Array(room[..<count]) }
            switch errno {
            case EINTR: continue
            case EAGAIN: try await readiness.waitReadable(timeout: deadline - MonotonicTime.now())
            default: throw StreamError(errno: errno, "recv")
            }
        }
    }

    package func close() {
        guard !closed else { return }
        closed = true
        readiness.close()
        Glibc.close(fd)
    }
}
