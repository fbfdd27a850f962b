import CLinux
import Glibc

/// A socket that takes connections and hands them to the loops in turn, one task each.
///
/// When a loop's connections reach their maximum the listener stops taking more until one ends: they wait in
/// the kernel's backlog. When the process runs out of descriptors it waits 100 ms instead of spinning.
package final class Listener: Sendable {
    private struct Target {
        let loop: EventLoop
        let handle: @Sendable (ByteStream) async -> Void
    }

    private struct State {
        var targets: [Target] = []
        var turn = 0
        var open = 0
        var maxConnections = 0
        var accepting = false
        var closed = false
    }

    /// Where it listens: the real port when 0 was asked for.
    package let address: SocketAddress
    private let fd: Int32
    private let state = Locked(State())

    package init(_ address: SocketAddress, backlog: Int32 = 1024) throws(SystemError) {
        let fd = clinux_socket(address.family, Int32(SOCK_STREAM.rawValue))
        guard fd >= 0 else { throw .last("socket") }
        var one: Int32 = 1
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, 4)
        // What is accepted inherits it.
        if address.family != AF_UNIX { setsockopt(fd, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4) }
        if address.family == AF_INET6 { setsockopt(fd, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &one, 4) }
        guard address.withSockaddr({ bind(fd, $0, $1) }) == 0 else {
            let error = SystemError.last("bind \(address)")
            Glibc.close(fd)
            throw error
        }
        guard listen(fd, backlog) == 0 else {
            let error = SystemError.last("listen \(address)")
            Glibc.close(fd)
            throw error
        }
        self.fd = fd
        self.address = .of(fd, peer: false)
    }

    deinit { close() }

    /// Starts to take connections for `loop`; call once for each loop that shall serve them.
    ///
    /// - Parameter maxConnections: open at one time for all loops together; the last call's number holds.
    package func accept(
        on loop: EventLoop, maxConnections: Int, _ handle: @escaping @Sendable (ByteStream) async -> Void
    ) {
        let first = state.withLock { state in
            state.targets.append(Target(loop: loop, handle: handle))
            state.maxConnections = maxConnections
            defer { state.accepting = true }
            return !state.accepting
        }
        if first { loop.spawn { [self] in await acceptAll(on: loop) } }
    }

    /// Takes no more connections; open ones go on. May be called again.
    package func close() {
        let first = state.withLock { state in
            defer { state.closed = true }
            return !state.closed
        }
        // `shutdown` wakes the accepting task, which then closes the descriptor; without one it is closed
        // here.
        guard first else { return }
        shutdown(fd, Int32(SHUT_RDWR))
        if !state.withLock({ $0.accepting }) { Glibc.close(fd) }
    }

    private func acceptAll(on loop: EventLoop) async {
        while !state.withLock({ $0.closed }) {
            if state.withLock({ $0.open >= $0.maxConnections }) {
                await loop.sleep(.milliseconds(10))
                continue
            }
            let (connection, peer) = acceptOne()
            if connection >= 0 {
                hand(connection, from: peer)
                continue
            }
            switch errno {
            case EAGAIN: _ = try? await loop.waitReadable(fd, timeout: .seconds(3600))
            case EMFILE, ENFILE, ENOBUFS, ENOMEM: await loop.sleep(.milliseconds(100))
            default: if state.withLock({ $0.closed }) { break }
            }
        }
        Glibc.close(fd)
    }

    /// A descriptor below zero leaves the reason in `errno`.
    private func acceptOne() -> (Int32, SocketAddress) {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let connection = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { clinux_accept4(fd, $0, &length) }
        }
        return (connection, SocketAddress(storage, length: length) ?? .unix(""))
    }

    private func hand(_ connection: Int32, from peer: SocketAddress) {
        let target = state.withLock { state in
            state.open += 1
            state.turn = (state.turn + 1) % state.targets.count
            return state.targets[state.turn]
        }
        target.loop.spawn { [state] in
            if let stream = try? ByteStream(adopting: connection, peer: peer, on: target.loop) {
                await target.handle(stream)
                stream.close()
            }
            state.withLock { $0.open -= 1 }
        }
    }
}
