import Testing

@testable import Queue

@Suite struct RetryScheduleTests {
    @Test func `mail is retried after 1, 5, 15, 30 minutes, 1, 2, 4, 8, 8 hours, give or take a fifth`()
        throws
    {
        let minutes: [Int64] = [1, 5, 15, 30, 60, 120, 240, 480, 480, 480]
        for (index, base) in minutes.enumerated() {
            for random in [0, 1, 12_345, UInt64.max] as [UInt64] {
                let pause = try #require(
                    RetrySchedule.mail.pauseMilliseconds(afterAttempts: UInt16(index + 1), random: random))
                #expect((base * 48_000...base * 72_000).contains(pause))
            }
        }
    }

    @Test func `the whole range of the random part is used`() throws {
        var random = SeededGenerator(seed: 3)
        var smallest = Int64.max
        var largest: Int64 = 0
        for _ in 0..<20_000 {
            let pause = try #require(
                RetrySchedule.mail.pauseMilliseconds(afterAttempts: 1, random: random.next()))
            smallest = min(smallest, pause)
            largest = max(largest, pause)
        }
        #expect(smallest < 48_100)
        #expect(largest > 71_900)
    }

    @Test func `a webhook has ten attempts`() {
        for attempts in 1...9 as ClosedRange<UInt16> {
            #expect(RetrySchedule.webhook.pauseMilliseconds(afterAttempts: attempts, random: 0) != nil)
        }
        #expect(RetrySchedule.webhook.pauseMilliseconds(afterAttempts: 10, random: 0) == nil)
        #expect(RetrySchedule.webhook.pauseMilliseconds(afterAttempts: 1, random: 0) == 5_000)
        #expect(RetrySchedule.webhook.pauseMilliseconds(afterAttempts: 9, random: 0) == 86_400_000)
    }

    @Test func `an empty or absurd schedule does not trap`() {
        let empty = RetrySchedule(
            pausesMilliseconds: [], repeatsLast: true, jitterBelowPercent: 500, jitterAbovePercent: -3)
        #expect(empty.pauseMilliseconds(afterAttempts: 0, random: 9) == nil)
        let absurd = RetrySchedule(
            pausesMilliseconds: [.max, .min], repeatsLast: true, jitterBelowPercent: 100,
            jitterAbovePercent: 100)
        #expect(absurd.pauseMilliseconds(afterAttempts: 1, random: .max) != nil)
        #expect(absurd.pauseMilliseconds(afterAttempts: .max, random: .max) == 0)
    }
}
