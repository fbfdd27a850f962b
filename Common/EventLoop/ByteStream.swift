import CLinux
import Glibc

/// A TCP or unix connection, plain or TLS, bound to the loop on which it was made.
///
/// The owner reads by parsing `input` and calling `fill` when there is too little in it, and writes whole
/// pieces. One task reads and one task writes at a time. It closes when told to or when the last reference
/// goes.
///
/// Unchecked, because each wait checks that it happens on the loop's thread, and a connection has one owner.
package final class ByteStream: @unchecked Sendable {
    /// What one read takes at most.
    private static let readBytes = 64 * 1024

    package let remoteAddress: SocketAddress
    /// Received and not yet consumed.
    package var input = ByteBuffer()
    /// What the handshake agreed on; nil while the connection is plain.
    package private(set) var tls: TLSInfo?

    private let loop: EventLoop
    private let fd: Int32
    private let readiness: Readiness
    private var session: TLSSession?
    private var closed = false
    /// The last read took all there was: until the next edge another one would only say so.
    private var isDrained = false

    /// Takes over a connected, non-blocking descriptor. On the loop only.
    init(
        adopting fd: Int32, peer: SocketAddress, on loop: EventLoop, isConnecting: Bool = false
    ) throws(SystemError) {
        self.fd = fd
        self.loop = loop
        remoteAddress = peer
        do {
            readiness = try Readiness(fd, on: loop, isConnecting: isConnecting)
        } catch {
            Glibc.close(fd)
            throw error
        }
    }

    deinit {
        if !closed {
            let (readiness, fd) = (readiness, fd)
            if loop.isCurrent {
                readiness.close()
                Glibc.close(fd)
            } else {
                let bound = LoopBound(readiness, on: loop)
                loop.execute {
                    bound.value.close()
                    Glibc.close(fd)
                }
            }
        }
    }

    /// Connects from the loop on which the caller runs.
    ///
    /// - Parameter from: the local address to send from; its port is usually 0.
    package static func connect(
        to address: SocketAddress, from local: SocketAddress? = nil, timeout: Duration
    ) async throws(StreamError) -> ByteStream {
        guard let loop = EventLoop.current else { preconditionFailure("connect off an event loop") }
        let fd = clinux_socket(address.family, Int32(SOCK_STREAM.rawValue))
        guard fd >= 0 else { throw StreamError(errno: errno, "socket") }
        if let local, local.withSockaddr({ bind(fd, $0, $1) }) != 0 {
            let error = StreamError(errno: errno, "bind")
            Glibc.close(fd)
            throw error
        }
        let code = address.withSockaddr { Glibc.connect(fd, $0, $1) } == 0 ? 0 : errno
        guard code == 0 || code == EINPROGRESS else {
            Glibc.close(fd)
            throw StreamError(errno: code, "connect")
        }
        if address.family != AF_UNIX {
            var one: Int32 = 1
            setsockopt(fd, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
        }
        let isConnecting = code == EINPROGRESS
        let stream: ByteStream
        do throws(SystemError) {
            stream = try ByteStream(adopting: fd, peer: address, on: loop, isConnecting: isConnecting)
        } catch { throw .system(error.code, error.operation) }
        guard isConnecting else { return stream }
        do throws(StreamError) {
            try await stream.readiness.waitWritable(timeout: timeout)
            try Self.checkConnected(fd)
        } catch {
            stream.close()
            throw error
        }
        return stream
    }

    private static func checkConnected(_ fd: Int32) throws(StreamError) {
        var code: Int32 = 0
        var length = socklen_t(4)
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &length)
        guard code == 0 else { throw StreamError(errno: code, "connect") }
    }

    package var localAddress: SocketAddress { closed ? .unix("") : .of(fd, peer: false) }

    // MARK: Reading and writing

    /// Reads at least one more byte into `input`; false at the end of the stream.
    package func fill(timeout: Duration) async throws(StreamError) -> Bool {
        while true {
            if closed { throw .closed }
            if isDrained {
                try await readiness.waitReadable(timeout: timeout)
                isDrained = false
            }
            switch receive() {
            case .done(let count):
                input.append(UnsafeRawBufferPointer(rebasing: loop.scratch[..<count]))
                return true
            case .ended: return false
            case .wantsRead: try await readiness.waitReadable(timeout: timeout)
            case .wantsWrite: try await readiness.waitWritable(timeout: timeout)
            case .failed(let error): throw error
            }
        }
    }

    /// Takes into `input` what has arrived by now, without waiting; true when that was something, or the end.
    package func fillNow() throws(StreamError) -> Bool {
        if closed { throw .closed }
        switch receive() {
        case .done(let count):
            input.append(UnsafeRawBufferPointer(rebasing: loop.scratch[..<count]))
            return true
        case .ended: return true
        case .wantsRead, .wantsWrite: return false
        case .failed(let error): throw error
        }
    }

    /// Writes all of `bytes`; `timeout` is for each time that the peer does not read.
    package func write(_ bytes: [UInt8], timeout: Duration = .seconds(60)) async throws(StreamError) {
        var sent = 0
        while sent < bytes.count {
            if closed { throw .closed }
            let step = bytes.withUnsafeBytes { send(UnsafeRawBufferPointer(rebasing: $0[sent...])) }
            switch step {
            case .done(let count): sent += count
            case .ended: throw .reset
            case .wantsRead: try await readiness.waitReadable(timeout: timeout)
            case .wantsWrite: try await readiness.waitWritable(timeout: timeout)
            case .failed(let error): throw error
            }
        }
    }

    private func receive() -> TLSSession.Step {
        let room = UnsafeMutableRawBufferPointer(rebasing: loop.scratch[..<Self.readBytes])
        if let session { return session.read(into: room) }
        while true {
            let count = recv(fd, room.baseAddress, room.count, 0)
            if count > 0 {
                isDrained = count < room.count
                return .done(count)
            }
            if count == 0 { return .ended }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .wantsRead
            default: return .failed(StreamError(errno: errno, "recv"))
            }
        }
    }

    private func send(_ bytes: UnsafeRawBufferPointer) -> TLSSession.Step {
        if let session { return session.write(bytes) }
        while true {
            let count = Glibc.send(fd, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            if count >= 0 { return .done(count) }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .wantsWrite
            default: return .failed(StreamError(errno: errno, "send"))
            }
        }
    }

    // MARK: TLS

    /// Makes this the server's side of a TLS connection.
    ///
    /// - Throws: `.unexpectedData` when `input` holds bytes that came before the handshake: whoever put them
    ///   there wants them to be read as if they had been protected (the STARTTLS injection of CVE-2011-0411).
    package func startTLS(server context: TLSServerContext, timeout: Duration) async throws(StreamError) {
        try await startTLS(try TLSSession(server: context, fd: fd), timeout: timeout)
    }

    /// Makes this the client's side of a TLS connection.
    ///
    /// - Parameter enforces: false to go on with a certificate that does not hold and have `tls` say why it
    ///   does not.
    package func startTLS(
        client context: TLSClientContext, serverName: String?, enforces: Bool = true, timeout: Duration
    ) async throws(StreamError) {
        let session = try TLSSession(client: context, serverName: serverName, enforces: enforces, fd: fd)
        try await startTLS(session, timeout: timeout)
    }

    /// Makes this the client's side of a TLS connection with whom the DNS says.
    ///
    /// - Parameter context: one for DANE.
    package func startTLS(
        client context: TLSClientContext, dane peer: DANEPeer, timeout: Duration
    ) async throws(StreamError) {
        try await startTLS(try TLSSession(client: context, dane: peer, fd: fd), timeout: timeout)
    }

    private func startTLS(_ session: TLSSession, timeout: Duration) async throws(StreamError) {
        guard input.isEmpty else { throw .unexpectedData }
        let deadline = MonotonicTime.now().advanced(by: timeout)
        while true {
            if closed { throw .closed }
            let left = deadline - MonotonicTime.now()
            switch session.handshake() {
            case .done:
                self.session = session
                // From here on the session says what it still holds.
                isDrained = false
                tls = session.info
                return
            case .ended: throw .tls("the peer closed the connection during the handshake")
            case .wantsRead: try await readiness.waitReadable(timeout: left)
            case .wantsWrite: try await readiness.waitWritable(timeout: left)
            case .failed(let error): throw error
            }
        }
    }

    /// Takes no more input: who waits for some finds the end of the stream. Writing goes on.
    package func endInput() {
        guard !closed else { return }
        shutdown(fd, Int32(SHUT_RD))
    }

    /// Ends the connection; whoever waits on it gets `.closed`. May be called again.
    package func close() {
        guard !closed else { return }
        closed = true
        session?.sendCloseNotify()
        readiness.close()
        Glibc.close(fd)
    }
}
