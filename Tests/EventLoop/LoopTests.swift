import EventLoop
import Testing

@Suite struct LoopTests {
    @Test func `a task given to a loop stays on its thread across every suspension`() async throws {
        let loop = try EventLoop(name: "test")
        loop.start()
        defer { loop.stop() }
        let stayed = try await loop.run {
            var stayed = [EventLoop.current === loop]
            await loop.sleep(.milliseconds(1))
            stayed.append(EventLoop.current === loop)
            await withCheckedContinuation { continuation in
                SystemThread.start(name: "other") { continuation.resume() }
            }
            stayed.append(EventLoop.current === loop)
            return stayed
        }
        #expect(stayed == [true, true, true])
    }

    @Test func `two loops hand work to each other`() async throws {
        let group = try EventLoopGroup(count: 2, name: "test")
        let (first, second) = (group.loops[0], group.loops[1])
        let sum = try await first.run {
            var sum = 0
            for number in 1...1000 {
                sum += try await second.run {
                    precondition(second.isCurrent)
                    return number
                }
                precondition(first.isCurrent)
            }
            return sum
        }
        #expect(sum == 500_500)
        first.stop()
        second.stop()
    }

    @Test func `timers fire in the order of their deadlines and cancelled ones never`() async throws {
        let loop = try EventLoop(name: "test")
        loop.start()
        defer { loop.stop() }
        let order = Locked<[Int]>([])
        try await loop.run {
            for number in [5, 1, 4, 2, 3] {
                loop.after(.milliseconds(number * 2)) { order.withLock { $0.append(number) } }
            }
            let cancelled = loop.after(.milliseconds(1)) { order.withLock { $0.append(99) } }
            cancelled.cancel()
            await loop.sleep(.milliseconds(30))
        }
        #expect(order.withLock { $0 } == [1, 2, 3, 4, 5])
    }

    @Test func `work on the blocking pool comes back to the loop, and errors too`() async throws {
        struct Failed: Error {}
        let loop = try EventLoop(name: "test")
        loop.start()
        defer { loop.stop() }
        let pool = BlockingPool(threads: 2, name: "pool")
        let onLoop = try await loop.run {
            let result = try await pool.run { EventLoop.current == nil ? 7 : 0 }
            return result == 7 && loop.isCurrent
        }
        #expect(onLoop)
        await #expect(throws: Failed.self) { try await pool.run { throw Failed() } }
        pool.stop()
        await #expect(throws: BlockingPool.Stopped.self) { try await pool.run { 1 } }
    }

    @Test func `a stopped loop can be joined`() throws {
        let loop = try EventLoop(name: "test")
        loop.start()
        loop.stop()
        loop.join()
    }
}

@Suite struct SocketAddressTests {
    @Test(arguments: ["127.0.0.1:25", "[::1]:8025", "[2001:db8::1]:1", "unix:/run/x.sock"])
    func `an address prints as it was read`(text: String) throws {
        #expect(try #require(SocketAddress(text)).description == text)
    }

    @Test(arguments: ["", "127.0.0.1", "127.0.0.1:65536", "localhost:1", "300.0.0.1:1", "unix:", "[::1]"])
    func `what is not an address is refused`(text: String) {
        #expect(SocketAddress(text) == nil)
    }
}

@Suite struct ByteBufferTests {
    @Test func `what goes in comes out in order, whatever the pieces`() {
        var buffer = ByteBuffer()
        var expected: [UInt8] = []
        var taken: [UInt8] = []
        for round in 0..<3000 {
            let piece = (0..<(round % 97)).map { UInt8(truncatingIfNeeded: round &+ $0) }
            buffer.append(piece)
            expected += piece
            taken += buffer.take(round % 61)
        }
        taken += buffer.takeAll()
        #expect(taken == expected)
        #expect(buffer.isEmpty)
    }

    @Test func `a byte is found behind what was consumed`() {
        var buffer = ByteBuffer()
        buffer.append(Array("a\nbc\nd".utf8))
        #expect(buffer.firstIndex(of: 10) == 1)
        buffer.consume(2)
        #expect(buffer.firstIndex(of: 10) == 2)
        #expect(buffer.firstIndex(of: 10, from: 3) == nil)
        #expect(buffer.firstIndex(of: 10, from: 99) == nil)
        #expect(buffer.take(100) == Array("bc\nd".utf8))
    }
}
