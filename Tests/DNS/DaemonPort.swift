import EventLoop
import TestSupport

/// A port for a program that takes UDP and TCP and cannot be asked which port it got. It lies below those
/// that the kernel gives to the many short-lived sockets of these tests, so none of them takes it in the
/// meantime.
enum DaemonPort {
    static func free() throws -> UInt16 {
        for _ in 0..<1_000 {
            let port = UInt16.random(in: 20_000..<32_000)
            guard let listener = try? Listener(.ipv4(0x7F00_0001, port: port)) else { continue }
            listener.close()
            return port
        }
        throw TestSupportError("no free port")
    }
}
