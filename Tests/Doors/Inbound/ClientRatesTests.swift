import EventLoop
import Testing

@testable import Doors

@Suite struct ClientRatesTests {
    private let start = MonotonicTime(nanoseconds: 600_000_000_000)

    private func rates(perMinute: Int, clients: Int = 100) -> ClientRates {
        var limits = InboundLimits()
        limits.maxMessagesPerMinute = perMinute
        limits.maxClients = clients
        return ClientRates(limits: limits)
    }

    @Test func `a client has so many a minute, and anew in the next`() {
        let rates = rates(perMinute: 2)
        let taken = (0..<3).map { _ in rates.take("192.0.2.1", now: start) }
        #expect(taken == [true, true, false])
        #expect(rates.take("192.0.2.2", now: start))
        #expect(rates.take("192.0.2.1", now: start.advanced(by: .seconds(60))))
    }

    @Test func `an IPv6 network counts as one client`() {
        let rates = rates(perMinute: 1)
        #expect(rates.take("2001:db8:0:1::1", now: start))
        #expect(!rates.take("2001:db8:0:1:ffff::2", now: start))
        #expect(rates.take("2001:db8:0:2::1", now: start))
    }

    @Test func `a full table forgets earlier minutes first, and all at last`() {
        let rates = rates(perMinute: 1, clients: 2)
        #expect(rates.take("192.0.2.1", now: start))
        let next = start.advanced(by: .seconds(60))
        #expect(rates.take("192.0.2.2", now: next))
        #expect(rates.take("192.0.2.3", now: next))
        #expect(!rates.take("192.0.2.2", now: next))
        #expect(rates.take("192.0.2.4", now: next))
        #expect(rates.take("192.0.2.2", now: next))
    }
}
