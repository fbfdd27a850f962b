import EventLoop
import Testing

@testable import DNS

@Suite struct AnswerCacheTests {
    private let start = MonotonicTime.now()

    private func question(_ number: Int) throws -> Question {
        Question(try #require(DomainName("n\(number).test")), .mx)
    }

    @Test func `an answer ends with its time`() throws {
        var cache = AnswerCache(maxEntries: 10, maxBytes: 10_000)
        let asked = try question(1)
        cache.keep(.failure(.noData), for: asked, until: start.advanced(by: .seconds(5)))
        #expect(cache.result(for: asked, at: start.advanced(by: .seconds(4))) == .failure(.noData))
        #expect(cache.result(for: asked, at: start.advanced(by: .seconds(5))) == nil)
    }

    @Test func `the oldest go first when there are too many, and none is counted twice`() throws {
        var cache = AnswerCache(maxEntries: 10, maxBytes: 100_000)
        let later = start.advanced(by: .seconds(100))
        for round in 0..<50 {
            for number in 0..<15 { cache.keep(.failure(.noData), for: try question(number), until: later) }
            #expect(cache.count == 10, "round \(round)")
        }
        #expect(cache.result(for: try question(4), at: start) == nil)
        #expect(cache.result(for: try question(5), at: start) != nil)
        let bytes = cache.bytes
        cache.keep(.failure(.noData), for: try question(5), until: later)
        #expect(cache.bytes == bytes && cache.count == 10)
    }

    @Test func `bytes are bounded too`() throws {
        var cache = AnswerCache(maxEntries: 10_000, maxBytes: 2_000)
        for number in 0..<1_000 { cache.keep(.failure(.noData), for: try question(number), until: start) }
        #expect(cache.bytes <= 2_000 && cache.count > 5)
    }
}
