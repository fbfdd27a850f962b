import Glibc

/// Tells systemd how the program is doing (`sd_notify`): one datagram to the socket named by `NOTIFY_SOCKET`.
/// Without that variable nothing is sent; a failure is of no consequence to the program and is not reported.
package enum ServiceManagerNotice {
    package static func ready() { send("READY=1") }
    package static func stopping() { send("STOPPING=1") }

    static func send(_ state: String) {
        guard let variable = getenv("NOTIFY_SOCKET") else { return }
        send(state, to: String(cString: variable))
    }

    /// - Parameter path: of a unix datagram socket; a leading `@` means Linux's abstract namespace.
    static func send(_ state: String, to path: String) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let pathBytes = Array(path.utf8)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard pathBytes.first == UInt8(ascii: "/") || pathBytes.first == UInt8(ascii: "@"),
            pathBytes.count < capacity
        else { return }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: pathBytes) }
        if pathBytes.first == UInt8(ascii: "@") {
            withUnsafeMutableBytes(of: &address.sun_path) { $0[0] = 0 }
        }
        let length = socklen_t(MemoryLayout.size(ofValue: address.sun_family) + pathBytes.count)
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let message = Array(state.utf8)
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = sendto(descriptor, message, message.count, Int32(MSG_NOSIGNAL), $0, length)
            }
        }
    }
}
