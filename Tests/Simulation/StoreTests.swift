import Simulator
import Testing

@Suite struct StoreTests {
    @Test func `a seed makes the same run again`() {
        for seed in 1...5 as ClosedRange<UInt64> {
            #expect(StoreRun.run(seed: seed).ending.traceHash == StoreRun.run(seed: seed).ending.traceHash)
        }
    }
}
