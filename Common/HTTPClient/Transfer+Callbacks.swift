import CCurl
import EventLoop
import Glibc

// What libcurl calls in the course of a transfer. The pointer is the transfer, which its `Multi` keeps for as
// long.

private func transfer(_ data: UnsafeMutableRawPointer?) -> Transfer? {
    data.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
}

func onBody(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ data: UnsafeMutableRawPointer?
) -> Int {
    transfer(data)?.receiveBody(UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? 0
}

func onHeader(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ data: UnsafeMutableRawPointer?
) -> Int {
    transfer(data)?.receiveHeader(UnsafeRawBufferPointer(start: bytes, count: size * count)) ?? 0
}

/// Opens the socket for a resolved address, if the guard lets it. This is the last step before `connect`,
/// with the address that `connect` gets, so there is no gap in which a name could change.
func onOpenSocket(
    _ data: UnsafeMutableRawPointer?, _: curlsocktype, _ peer: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
    guard let transfer = transfer(data), let peer else { return CURL_SOCKET_BAD }
    if let refusal = transfer.refusal(of: peer) {
        transfer.refusal = refusal
        return CURL_SOCKET_BAD
    }
    return socket(
        peer.pointee.family, peer.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue), peer.pointee.protocol)
}

/// Judges once more before the request is sent: a connection that is used again may have been opened under
/// the guard of another request.
func onConnected(
    _ data: UnsafeMutableRawPointer?, _ peerIP: UnsafeMutablePointer<CChar>?, _: UnsafeMutablePointer<CChar>?,
    _ port: Int32, _: Int32
) -> Int32 {
    guard let transfer = transfer(data), let peerIP else { return CURL_PREREQFUNC_ABORT }
    transfer.isConnected = true
    if transfer.request.unixSocket != nil { return CURL_PREREQFUNC_OK }
    let address = UInt16(exactly: port).flatMap { SocketAddress(ip: String(cString: peerIP), port: $0) }
    switch address.map({ transfer.egressGuard.judge($0) }) ?? .blocked("not an IP address") {
    case .allowed: return CURL_PREREQFUNC_OK
    case .blocked(let reason):
        transfer.refusal = reason
        return CURL_PREREQFUNC_ABORT
    }
}

extension Transfer {
    /// Why no socket may be opened for what libcurl wants to connect to, or nil.
    fileprivate func refusal(of peer: UnsafeMutablePointer<curl_sockaddr>) -> String? {
        if peer.pointee.family == AF_UNIX { return request.unixSocket == nil ? "unix socket" : nil }
        guard let address = Self.address(peer) else { return "not an IP address" }
        guard case .blocked(let reason) = egressGuard.judge(address) else { return nil }
        return reason
    }

    /// libcurl keeps the whole address in place of the short `sockaddr` that the structure declares.
    private static func address(_ peer: UnsafeMutablePointer<curl_sockaddr>) -> SocketAddress? {
        guard let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr) else { return nil }
        let length = Int(peer.pointee.addrlen)
        let bytes = UnsafeRawPointer(peer).advanced(by: offset)
        switch peer.pointee.family {
        case AF_INET where length >= MemoryLayout<sockaddr_in>.size:
            let four = bytes.loadUnaligned(as: sockaddr_in.self)
            return .ipv4(UInt32(bigEndian: four.sin_addr.s_addr), port: UInt16(bigEndian: four.sin_port))
        case AF_INET6 where length >= MemoryLayout<sockaddr_in6>.size:
            var six = bytes.loadUnaligned(as: sockaddr_in6.self)
            let address = withUnsafeBytes(of: &six.sin6_addr) { Array($0) }
            return .ipv6(address, port: UInt16(bigEndian: six.sin6_port))
        default: return nil
        }
    }
}
