import EventLoop
import Testing

@Suite struct StreamTests {
    private let server: EventLoop
    private let client: EventLoop

    init() throws {
        server = try EventLoop(name: "server")
        client = try EventLoop(name: "client")
        server.start()
        client.start()
    }

    private func loopback() throws -> Listener {
        try Listener(SocketAddress.ipv4(0x7F00_0001, port: 0))
    }

    private func echo(_ listener: Listener) {
        listener.accept(on: server, maxConnections: 100) { stream in
            while let more = try? await stream.fill(timeout: .seconds(5)), more {
                try? await stream.write(stream.input.takeAll())
            }
        }
    }

    @Test func `a megabyte comes back as it was sent`() async throws {
        let listener = try loopback()
        defer { listener.close() }
        echo(listener)
        let sent = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let received = try await client.run { [client, address = listener.address] in
            let stream = try await ByteStream.connect(to: address, timeout: .seconds(5))
            client.spawn { try? await stream.write(sent) }
            while stream.input.count < sent.count, try await stream.fill(timeout: .seconds(5)) {}
            return stream.input.takeAll()
        }
        #expect(received == sent)
    }

    @Test func `a peer that says nothing times out`() async throws {
        let listener = try loopback()
        defer { listener.close() }
        echo(listener)
        let address = listener.address
        await #expect(throws: StreamError.timedOut) {
            try await client.run {
                let stream = try await ByteStream.connect(to: address, timeout: .seconds(5))
                _ = try await stream.fill(timeout: .milliseconds(20))
            }
        }
    }

    @Test func `a closed port refuses`() async throws {
        let listener = try loopback()
        let address = listener.address
        listener.close()
        await #expect(throws: StreamError.refused) {
            try await client.run { _ = try await ByteStream.connect(to: address, timeout: .seconds(5)) }
        }
    }

    @Test func `closing wakes the task that waits, and the end of the peer is an end`() async throws {
        let listener = try loopback()
        defer { listener.close() }
        listener.accept(on: server, maxConnections: 10) { stream in
            try? await stream.write(Array("bye".utf8))
        }
        let result = try await client.run { [client, address = listener.address] in
            let stream = try await ByteStream.connect(to: address, timeout: .seconds(5))
            while try await stream.fill(timeout: .seconds(5)) {}
            let bytes = stream.input.takeAll()
            let silent = try Listener(SocketAddress.ipv4(0x7F00_0001, port: 0))
            let waiting = try await ByteStream.connect(to: silent.address, timeout: .seconds(5))
            client.after(.milliseconds(5)) { waiting.close() }
            do {
                _ = try await waiting.fill(timeout: .seconds(5))
                return (bytes, false)
            } catch { return (bytes, (error as? StreamError) == .closed) }
        }
        #expect(result.0 == Array("bye".utf8))
        #expect(result.1)
    }

    @Test func `more connections than the maximum wait until one ends`() async throws {
        let listener = try loopback()
        defer { listener.close() }
        let open = Locked((now: 0, most: 0))
        listener.accept(on: server, maxConnections: 3) { [server] stream in
            open.withLock { open in
                open.now += 1
                open.most = max(open.most, open.now)
            }
            await server.sleep(.milliseconds(10))
            open.withLock { $0.now -= 1 }
        }
        try await client.run { [address = listener.address] in
            let streams = try await withThrowingTaskGroup(of: ByteStream.self) { group in
                for _ in 0..<12 {
                    group.addTask { try await ByteStream.connect(to: address, timeout: .seconds(5)) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            for stream in streams { while try await stream.fill(timeout: .seconds(5)) {} }
        }
        #expect(open.withLock { $0.most } <= 3)
    }

    @Test func `a datagram to nobody is refused or goes unanswered`() async throws {
        let error = try await client.run { () -> StreamError? in
            let socket = try UDPSocket(connectedTo: .ipv4(0x7F00_0001, port: 9))
            try socket.send([1, 2, 3])
            do throws(StreamError) {
                _ = try await socket.receive(timeout: .milliseconds(50), maxBytes: 512)
                return nil
            } catch { return error }
        }
        #expect(error == .refused || error == .timedOut)
    }
}
