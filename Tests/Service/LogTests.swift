import EventLoop
import FoundationEssentials
import Glibc
import Testing

@testable import Service

@Suite struct LogTests {
    private func line(_ fields: [String: LogValue], milliseconds: Int64 = 0) -> String {
        let bytes = LogLine.bytes(
            milliseconds: milliseconds, level: .info, component: "smtp", message: "hello", fields: fields)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `a line is one JSON object with the fixed fields first`() {
        #expect(
            line(
                ["size": 12, "tls": true, "ratio": 0.5, "peer": "127.0.0.1"], milliseconds: 1_767_225_599_007)
                == #"{"ts":"2025-12-31T23:59:59.007Z","level":"info","component":"smtp","message":"hello","#
                + #""peer":"127.0.0.1","ratio":0.5,"size":12,"tls":true}"# + "\n")
    }

    @Test func `nothing from outside can forge a line or drive a terminal`() throws {
        let nasty = "a\r\n{\"level\":\"error\"}\u{1B}[2J\u{0}\u{7F}\u{9B}\u{2028}\u{202E}\\\"é😀"
        let text = line(["peer": .string(nasty), "ts": "x", "bad\nname": 1])
        #expect(text.utf8.filter { $0 < 0x20 || $0 == 0x7F } == [0x0A])
        #expect(text.utf8.last == 0x0A)
        #expect(text.unicodeScalars.allSatisfy { !(0x80...0x9F).contains($0.value) && $0.value != 0x202E })
        struct Fields: Decodable { let peer: String, ts: String, _ts: String }
        let decoded = try JSONDecoder().decode(Fields.self, from: Data(text.utf8))
        #expect(decoded.peer == nasty)
        #expect(decoded._ts == "x")
        #expect(decoded.ts == "1970-01-01T00:00:00.000Z")
    }

    @Test func `long values are cut and numbers that JSON has not become text`() {
        let text = line(["long": .string(String(repeating: "é", count: 5_000)), "nan": .double(.nan)])
        #expect(text.utf8.count < LogLine.maxValueBytes + 200)
        #expect(text.contains("é…\""))
        #expect(text.contains(#""nan":"nan""#))
    }

    @Test func `a secret prints as itself nowhere`() {
        struct Configuration { let password = Secret("hunter2") }
        let secret = Secret("hunter2")
        var dumped = ""
        dump(Configuration(), to: &dumped)
        for text in ["\(secret)", String(reflecting: secret), "\(Configuration())", dumped, "\([secret])"] {
            #expect(!text.contains("hunter2"))
        }
    }

    @Test func `lines of all threads reach the descriptor whole, and levels below the setting do not`()
        async throws
    {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        let (reader, writer) = (ends[0], ends[1])
        let sink = LogSink(descriptor: writer, level: .info)
        let log = Log(component: "test", to: sink).with(["request_id": "r1"])
        await withTaskGroup { group in
            for worker in 0..<4 {
                group.addTask {
                    for index in 0..<50 {
                        log.info("line", ["worker": .int(worker), "index": .int(index)])
                        log.debug("hidden")
                    }
                }
            }
        }
        sink.flush()
        close(writer)
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(reader, &buffer, buffer.count)
            if count <= 0 { break }
            received += buffer[..<count]
        }
        close(reader)
        let lines = received.split(separator: 0x0A)
        #expect(lines.count == 200)
        struct Line: Decodable { let level: String, request_id: String, worker: Int }
        for line in lines {
            let decoded = try JSONDecoder().decode(Line.self, from: Data(line))
            #expect(decoded.level == "info" && decoded.request_id == "r1")
        }
    }

    @Test func `a reader that is stuck costs bounded memory, and what was dropped is told`() throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        let (reader, writer) = (ends[0], ends[1])
        let sink = LogSink(descriptor: writer, level: .info)
        let log = Log(component: "test", to: sink)
        let long = String(repeating: "x", count: 4_000)
        for _ in 0..<2_200 { log.info("line", ["text": .string(long)]) }
        let collected = Locked([UInt8]())
        let ended = Locked(false)
        SystemThread.start(name: "reader") {
            var buffer = [UInt8](repeating: 0, count: 1 << 20)
            while true {
                let count = read(reader, &buffer, buffer.count)
                if count <= 0 { break }
                collected.withLock { $0 += buffer[..<count] }
            }
            ended.withLock { $0 = true }
        }
        sink.flush()
        close(writer)
        while !ended.withLock({ $0 }) { sched_yield() }
        close(reader)
        let text = String(decoding: collected.withLock { $0 }, as: UTF8.self)
        #expect(text.contains("log lines dropped"))
        #expect(text.utf8.count < 3 * LogSink.maxPendingBytes)
    }
}
