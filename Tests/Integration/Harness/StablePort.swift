import EventLoop
import TestSupport

/// A TCP port that a process can listen on again and again, with restarts between: outside the range from
/// which the system takes ports for connections.
enum StablePort {
    private static let taken = Locked<Set<UInt16>>([])

    static func tcp() throws -> UInt16 {
        for _ in 0..<1_000 {
            let port = UInt16.random(in: 20_000..<32_000)
            guard taken.withLock({ $0.insert(port).inserted }) else { continue }
            guard let listener = try? Listener(.ipv4(0x7F00_0001, port: port)) else { continue }
            listener.close()
            return port
        }
        throw TestSupportError("no free port")
    }
}
