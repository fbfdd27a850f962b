import FoundationEssentials
import Glibc
import Testing

@testable import Times

/// RFC 3339, read and printed.
@Suite struct RFC3339Tests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("1985-04-12T23:20:50.52Z", 482_196_050_520),
        ("1996-12-19T16:39:57-08:00", 851_042_397_000), ("1937-01-01T12:00:27.87+00:20", -1_041_337_172_130),
        ("2000-02-29T00:00:00.000Z", 951_782_400_000), ("2100-03-01T00:00:00Z", 4_107_542_400_000),
        ("1969-12-31T23:59:59.999Z", -1),
        ("1969-12-31T23:59:59.9999999Z", -1), ("2027-01-16t00:00:00z", 1_800_057_600_000),
        ("0000-01-01T00:00:00Z", -62_167_219_200_000), ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        ("2027-01-16T00:00:00-00:00", 1_800_057_600_000), ("2027-01-16T00:00:00+0000", 1_800_057_600_000),
        ("2027-01-16T23:59:00+23:59", 1_800_057_600_000), ("2027-01-15T00:01:00-23:59", 1_800_057_600_000),
        ("2027-01-16T00:00:00.1Z", 1_800_057_600_100), ("2027-01-16T00:00:00.12Z", 1_800_057_600_120),
        ("2027-01-16T00:00:00.1239Z", 1_800_057_600_123),
    ])
    func `a time is read to the millisecond`(text: String, milliseconds: Int) {
        #expect(RFC3339.milliseconds(text) == Int64(milliseconds))
        #expect(RFC3339.date(text).map(RFC3339.milliseconds) == Int64(milliseconds))
    }

    @Test func `a leap second is the one before it, where there can be one`() {
        #expect(RFC3339.milliseconds("1990-12-31T23:59:60Z") == 662_687_999_000)
        #expect(RFC3339.milliseconds("1990-12-31T15:59:60-08:00") == 662_687_999_000)
        #expect(RFC3339.milliseconds("1991-01-01T00:59:60.5+01:00") == 662_687_999_500)
        #expect(RFC3339.milliseconds("2027-02-28T23:59:60Z") != nil)
        for text in [
            "2027-01-30T23:59:60Z", "2028-02-28T23:59:60Z", "2027-01-31T23:58:60Z", "2027-01-31T12:59:60Z",
            "2027-01-31T23:59:60+01:00", "2027-01-31T23:59:61Z",
        ] { #expect(RFC3339.milliseconds(text) == nil, "\(text)") }
    }

    @Test func `each month has its days, and no year has others`() {
        let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        for (year, isLeap) in [
            (1900, false), (1999, false), (2000, true), (2024, true), (2027, false), (2100, false), (0, true),
        ] {
            let digits = String(String(10_000 + year).dropFirst())
            for month in 0...13 {
                let last = (1...12).contains(month) ? lengths[month - 1] + (month == 2 && isLeap ? 1 : 0) : 0
                for day in 0...32 {
                    let text = "\(digits)-\(two(month))-\(two(day))T00:00:00Z"
                    #expect((RFC3339.milliseconds(text) != nil) == (day >= 1 && day <= last), "\(text)")
                }
            }
        }
    }

    private func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    @Test func `a text that is cut off, longer or changed in one place is no other time`() {
        let good = "2027-01-16T12:34:56.789+01:30"
        #expect(RFC3339.milliseconds(good) != nil)
        for length in 0..<good.utf8.count {
            // An offset of +01 is one.
            #expect((RFC3339.milliseconds(String(good.prefix(length))) != nil) == (length == 26), "\(length)")
            for byte in UInt8(0)...127 where !(0x30...0x39).contains(byte) {
                var bytes = Array(good.utf8)
                guard bytes[length] != byte else { continue }
                bytes[length] = byte
                let changed = String(decoding: bytes, as: UTF8.self)
                let isOther = ["t", "-"].contains(String(UnicodeScalar(byte))) && [10, 23].contains(length)
                #expect(RFC3339.milliseconds(changed) == nil || isOther, "\(changed)")
            }
        }
        for end in ["x", " ", "Z", "0", "\0", ":"] { #expect(RFC3339.milliseconds(good + end) == nil) }
        for start in [" ", "+", "-", "0"] { #expect(RFC3339.milliseconds(start + good) == nil) }
    }

    @Test(arguments: [
        "", "Z", "T", "2027-01-16", "12:00:00Z", "2027-01-16T00:00:00", "2027-01-16 00:00:00Z",
        "2027-W02-6T00:00:00Z", "20270116T000000Z", "2027-01-16T00:00:00.Z", "2027-01-16T00:00:00,1Z",
        "2027-01-16T24:00:00Z", "2027-01-16T00:60:00Z", "2027-01-16T00:00:00+24:00",
        "2027-01-16T00:00:00+00:60", "2027-01-16T00:00:00+1", "2027-01-16T00:00:00+01:",
        "2027-01-16T00:00:00+01:0", "2027-01-16T00:00:00UTC", "99999999999999999999-01-01T00:00:00Z",
        "2027-01-16T00:00:00.1e9Z", "\u{661}\u{669}\u{667}\u{660}-01-01T00:00:00Z",
        "0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59.999-00:01",
    ])
    func `what is no such time is none`(text: String) {
        #expect(RFC3339.milliseconds(text) == nil)
        #expect(RFC3339.date(text) == nil)
    }

    @Test func `a fraction may be long, and a text may not`() {
        #expect(
            RFC3339.milliseconds("2027-01-16T00:00:00.\(String(repeating: "9", count: 43))Z")
                == 1_800_057_600_999)
        #expect(RFC3339.milliseconds("2027-01-16T00:00:00.\(String(repeating: "9", count: 44))Z") == nil)
        #expect(RFC3339.milliseconds(String(repeating: "9", count: 1_000_000)) == nil)
    }

    @Test func `what is printed reads back as the same, from a number and from a date`() {
        var random = Numbers(state: 4711)
        var times: [Int64] = [0, -1, 1, 999, -999, RFC3339.range.lowerBound, RFC3339.range.upperBound]
        times += (0..<2_000).map { 1_800_000_000_000 + $0 }
        for _ in 0..<20_000 {
            times.append(Int64.random(in: RFC3339.range, using: &random))
            times.append(Int64.random(in: 0...4_102_444_800_000, using: &random))
        }
        for time in times {
            let text = RFC3339.text(milliseconds: time)
            let date = Date(timeIntervalSince1970: Double(time) / 1_000)
            #expect(RFC3339.milliseconds(text) == time, "seed 4711: \(text)")
            #expect(RFC3339.text(date) == text, "seed 4711: \(time)")
            #expect(RFC3339.date(text).map(RFC3339.text) == text, "seed 4711: \(time)")
            #expect(RFC3339.wholeSeconds(milliseconds: time) == text.prefix(19) + "Z", "seed 4711: \(time)")
        }
    }

    @Test func `the printed fields are those of the system's calendar`() {
        var random = Numbers(state: 42)
        for _ in 0..<5_000 {
            let seconds = Int.random(in: -62_167_219_200...253_402_300_799, using: &random)
            var clock = time_t(seconds)
            var parts = tm()
            gmtime_r(&clock, &parts)
            let numbers = RFC3339.text(milliseconds: Int64(seconds) * 1_000)
                .split { !$0.isNumber }.compactMap { Int32($0) }
            #expect(
                numbers == [
                    parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min,
                    parts.tm_sec, 0,
                ], "seed 42: \(seconds)")
        }
    }

    @Test func `a date between two milliseconds lies in the first of them`() {
        for (microseconds, text) in [
            (1_800_057_600_000_999, "2027-01-16T00:00:00.000Z"),
            (1_800_057_600_999_900, "2027-01-16T00:00:00.999Z"),
            (1_800_057_600_123_456, "2027-01-16T00:00:00.123Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ] {
            #expect(RFC3339.text(Date(timeIntervalSince1970: Double(microseconds) / 1e6)) == text)
        }
    }

    @Test func `a time beyond all calendars is held at the last of them`() {
        #expect(RFC3339.text(milliseconds: .max) == "9999-12-31T23:59:59.999Z")
        #expect(RFC3339.text(milliseconds: .min) == "0000-01-01T00:00:00.000Z")
        #expect(RFC3339.wholeSeconds(milliseconds: .max) == "9999-12-31T23:59:59Z")
        for (seconds, text) in [
            (1e300, "9999-12-31T23:59:59.999Z"), (-1e300, "0000-01-01T00:00:00.000Z"),
            (Double.infinity, "9999-12-31T23:59:59.999Z"), (-.infinity, "0000-01-01T00:00:00.000Z"),
            (.nan, "0000-01-01T00:00:00.000Z"),
        ] { #expect(RFC3339.text(Date(timeIntervalSince1970: seconds)) == text) }
    }

    @Test func `no bytes stop the reader`() {
        var random = Numbers(state: 7)
        let alphabet = Array("0123456789-+:.TZtz \0\u{FF}".utf8)
        for _ in 0..<50_000 {
            let length = Int.random(in: 0...40, using: &random)
            let bytes = (0..<length).map { _ in alphabet.randomElement(using: &random) ?? 0 }
            guard let time = RFC3339.milliseconds(String(decoding: bytes, as: UTF8.self)) else { continue }
            #expect(RFC3339.range.contains(time), "seed 7: \(bytes)")
        }
    }
}

/// SplitMix64.
private struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
