import EventLoop
import Glibc

@testable import DNS

/// A name server in the test's hands: each datagram goes to a closure that gives the datagrams to answer
/// with.
final class UDPResponder: Sendable {
    let address: SocketAddress
    private let fd: Int32
    private let stopped = Locked(false)
    /// How many queries arrived.
    let queries = Locked(0)

    /// - Parameter last: the last byte of the address 127.0.0.x.
    init(
        on loop: EventLoop, last: UInt32 = 1, port: UInt16 = 0,
        _ respond: @escaping @Sendable (_ query: [UInt8]) async -> [[UInt8]]
    ) throws {
        let fd = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        self.fd = fd
        var local = sockaddr_in()
        local.sin_family = sa_family_t(AF_INET)
        local.sin_addr.s_addr = UInt32(0x7F00_0000 | last).bigEndian
        local.sin_port = port.bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &local) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(fd, pointer, length) == 0 && getsockname(fd, pointer, &length) == 0
            }
        }
        guard bound else { throw SystemError.last("bind") }
        address = .ipv4(0x7F00_0000 | last, port: UInt16(bigEndian: local.sin_port))
        loop.spawn { [self] in
            while !stopped.withLock({ $0 }) {
                guard (try? await loop.waitReadable(fd, timeout: .milliseconds(50))) != nil else { continue }
                await answerOne(respond)
            }
            close(fd)
        }
    }

    /// Answers with the response that `respond` builds, the id filled in.
    convenience init(
        on loop: EventLoop, last: UInt32 = 1, port: UInt16 = 0,
        answer: @escaping @Sendable (_ question: Question) -> ResponseBuilder
    ) throws {
        try self.init(on: loop, last: last, port: port) { query in
            guard let asked = try? DNSMessage.decode(query), let question = asked.question else { return [] }
            var response = answer(question)
            response.id = asked.id
            return [response.bytes]
        }
    }

    func stop() { stopped.withLock { $0 = true } }

    private func answerOne(_ respond: @Sendable ([UInt8]) async -> [[UInt8]]) async {
        var peer = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = withUnsafeMutablePointer(to: &peer) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                recvfrom(fd, &buffer, 4096, 0, $0, &length)
            }
        }
        guard count > 0 else { return }
        queries.withLock { $0 += 1 }
        for response in await respond(Array(buffer[..<count])) {
            _ = withUnsafePointer(to: &peer) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    sendto(fd, response, response.count, 0, $0, length)
                }
            }
        }
    }
}
