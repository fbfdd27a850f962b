import Testing

@testable import Queue

@Suite struct TimerWheelTests {
    @Test func `fires every timer at its exact time, however far away it is`() {
        for far in [1, 63, 64, 65, 4_095, 4_096, 262_144, 16_777_217, 1 << 40, 1 << 51] as [Int64] {
            var wheel = TimerWheel()
            wheel.arm(0, at: Timestamp(milliseconds: far))
            var steps = 1_000
            #expect(wheel.popDue(now: Timestamp(milliseconds: far - 1), steps: &steps) == nil)
            #expect(wheel.popDue(now: Timestamp(milliseconds: far), steps: &steps) == 0)
            #expect(wheel.next == nil)
        }
    }

    @Test func `a timer in the past fires at once`() {
        var wheel = TimerWheel()
        var steps = 10
        #expect(wheel.popDue(now: 5_000, steps: &steps) == nil)
        wheel.arm(7, at: 10)
        #expect(wheel.popDue(now: 5_000, steps: &steps) == 7)
    }

    @Test func `what the budget leaves over stays due and comes in the order of its time`() {
        var wheel = TimerWheel()
        for row in 0..<200 as Range<UInt32> {
            wheel.arm(row, at: Timestamp(milliseconds: 100_000 + Int64(row % 50)))
        }
        var fired: [UInt32] = []
        var rounds = 0
        while fired.count < 200, rounds < 10_000 {
            rounds += 1
            var steps = 3
            while let row = wheel.popDue(now: 200_000, steps: &steps) { fired.append(row) }
            if fired.count < 200 { #expect((wheel.next ?? .distantFuture) <= 200_000) }
        }
        #expect(fired.count == 200)
        #expect(zip(fired, fired.dropFirst()).allSatisfy { $0 % 50 <= $1 % 50 })
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `agrees with a sorted list under random arming, moving and disarming`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var wheel = TimerWheel()
        var model: [UInt32: Int64] = [:]
        var now: Int64 = 1_700_000_000_000
        for _ in 0..<2_000 {
            let row = UInt32.random(in: 0..<60, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0, 1:
                let span = Int64(1) << Int64.random(in: 0..<33, using: &random)
                let when = now + Int64.random(in: -5...span, using: &random)
                wheel.arm(row, at: Timestamp(milliseconds: when))
                model[row] = max(when, now)
            case 2:
                wheel.disarm(row)
                model[row] = nil
            default:
                if let next = wheel.next {
                    #expect(next.milliseconds <= (model.values.min() ?? 0), "seed \(seed)")
                    now = max(now, Bool.random(using: &random) ? next.milliseconds : now + 1_000)
                }
                var steps = Int.max
                var fired: Set<UInt32> = []
                while let row = wheel.popDue(now: Timestamp(milliseconds: now), steps: &steps) {
                    fired.insert(row)
                }
                let expected = Set(model.filter { $0.value <= now }.keys)
                #expect(fired == expected, "seed \(seed)")
                for row in fired { model[row] = nil }
            }
        }
    }
}
