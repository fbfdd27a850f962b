import EventLoop

/// One address in front of several control planes: passes each connection on to the first that takes it.
final class Balancer: Sendable {
    let address: SocketAddress
    private let listener: Listener
    private let targets = Locked<[SocketAddress]>([])

    init() throws {
        listener = try Listener(.ipv4(0x7F00_0001, port: 0))
        address = listener.address
        let loop = try TestLoops.sinks()
        listener.accept(on: loop, maxConnections: 1_000) { [targets] stream in
            for target in targets.withLock({ $0 }) {
                guard let other = try? await ByteStream.connect(to: target, timeout: .seconds(2)) else {
                    continue
                }
                let back = loop.spawn { await Self.copy(from: other, to: stream) }
                await Self.copy(from: stream, to: other)
                await back.value
                return
            }
        }
    }

    deinit { listener.close() }

    func add(_ target: SocketAddress) { targets.withLock { $0.append(target) } }

    /// Passes bytes on until one side ends, then ends both.
    private static func copy(from source: ByteStream, to sink: ByteStream) async {
        while (try? await source.fill(timeout: .seconds(300))) == true {
            guard (try? await sink.write(source.input.takeAll())) != nil else { break }
        }
        source.close()
        sink.close()
    }
}
