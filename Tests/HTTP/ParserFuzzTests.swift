import EventLoop
import TestSupport
import Testing

@testable import HTTP

/// Mutated requests: whatever comes, the parsers answer or refuse, and never trap.
@Suite struct ParserFuzzTests {
    private static let seeds = [
        "POST /a/%41?x=%20 HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\nhello world!",
        "POST http://h/p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "5;e=1\r\nhello\r\n0\r\nT: v\r\n\r\n",
        "\r\nOPTIONS * HTTP/1.0\r\nExpect: 100-continue\r\nConnection: close, x\r\n\r\n",
    ].map { Array($0.utf8) }
    private static let pieces = [
        "\r\n", "\n", "\r", ":", " ", "\t", "%", "%00", "chunked", "Content-Length: ", "Transfer-Encoding: ",
        "0", "FFFFFFFFFFFFFFFF",
        "9223372036854775807", "\u{0}", "é", "/", "..", "?", "http://", "\r\n\r\n", ";", ",",
    ].map { Array($0.utf8) }

    private func mutated(_ bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let place = Int.random(in: 0...bytes.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes.insert(contentsOf: Self.pieces.randomElement(using: &random) ?? [], at: place)
            case 1 where place < bytes.count: bytes.remove(at: place)
            case 2 where place < bytes.count: bytes[place] = UInt8.random(in: 0...255, using: &random)
            default: bytes.insert(contentsOf: bytes[..<place].suffix(9), at: place)
            }
        }
        return bytes
    }

    @Test func `twenty thousand mutated requests are read or refused, the same in one piece and in many`() {
        let seed: UInt64 = .random(in: 0 ... .max)
        print("parser fuzz seed \(seed)")
        var random = SeededRandom(seed: seed)
        for round in 0..<20_000 {
            let bytes = mutated(Self.seeds[round % Self.seeds.count], &random)
            let step = Int.random(in: 1...7, using: &random)
            let whole = outcome(bytes, step: bytes.count)
            #expect(whole == outcome(bytes, step: step), "seed \(seed), round \(round)")
        }
    }

    /// What is read until an error or the end; a refusal may come earlier in pieces, but never another one.
    private func outcome(_ bytes: [UInt8], step: Int) -> [String] {
        var input = ByteBuffer()
        var parser = HTTPRequestParser()
        var reader: BodyReader?
        var events: [String] = []
        var index = 0
        while true {
            do throws(HTTPParseError) {
                if var body = reader {
                    let isFinished = try body.take(&input, maxBytes: 100_000)
                    reader = isFinished ? nil : body
                    if isFinished {
                        events.append("body \(body.bytes)")
                        continue
                    }
                } else if let head = try parser.next(in: &input) {
                    events.append(
                        "\(head.method) \(head.path.description) \(head.framing) \(head.query.items)")
                    reader = BodyReader(head, limits: HTTPLimits())
                    continue
                }
            } catch {
                return events + ["refused"]
            }
            guard index < bytes.count else { return events }
            let end = min(index + max(step, 1), bytes.count)
            input.append(bytes[index..<end])
            index = end
        }
    }
}
