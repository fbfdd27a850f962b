import Testing

@testable import ControlPlane

@Suite struct UsageRatesTests {
    @Test func `rates have two significant digits`() {
        let rates = UsageRoutes.Rates(
            .init(total: 4250, delivered: 4100, hardBounce: 50, softBounce: 80, complaint: 2))
        #expect(rates.deliveryRatePct == 96)
        #expect(rates.hardBounceRatePct == 1.2)
        #expect(rates.softBounceRatePct == 1.9)
        #expect(rates.complaintRatePct == 0.047)
        #expect(UsageRoutes.Rates.percent(0, of: 0) == 0)
        #expect(UsageRoutes.Rates.percent(7, of: 7) == 100)
    }
}
