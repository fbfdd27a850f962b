import MailFormat
import Testing

@Suite struct MailDateParseTests {
    @Test func `what was written is read`() {
        for seconds in stride(from: 0, to: 253_402_300_799, by: 8_640_001) {
            #expect(MailDate.parse(MailDate.format(secondsSince1970: seconds)) == seconds)
        }
    }

    @Test(arguments: [
        ("Thu, 21 Nov 2024 06:22:03 +0000", 1_732_170_123), ("21 Nov 2024 06:22:03 GMT", 1_732_170_123),
        ("thu, 21 nov 2024 01:22:03 EST", 1_732_170_123), ("21 Nov 2024 08:52:03 +0230", 1_732_170_123),
        ("20 Nov 2024 22:22:03 -0800", 1_732_170_123), ("1 Jan 1970 00:01 Z", 60),
        ("Tue, 29 Feb 2000 00:00:00 -0000", 951_782_400), ("1 Jan 1970 00:00:60 UT", 59),
    ])
    func `the forms of the standard are read`(text: String, seconds: Int) {
        #expect(MailDate.parse(text) == seconds)
    }

    @Test(arguments: [
        "", "tomorrow", "2024-11-21T06:22:03Z", "Thu 21 Nov 2024 06:22:03 +0000", "21 Nov 2024 06:22:03",
        "29 Feb 2023 00:00:00 +0000", "31 Apr 2024 00:00:00 +0000", "0 Jan 2024 00:00:00 +0000",
        "1 Foo 2024 00:00:00 +0000", "1 Jan 24 00:00:00 +0000", "1 Jan 1969 00:00:00 +0000",
        "1 Jan 2024 24:00:00 +0000", "1 Jan 2024 00:60:00 +0000", "1 Jan 2024 0:00:00 +0000",
        "1 Jan 2024 00:00:00 +00", "1 Jan 2024 00:00:00 +0099", "1 Jan 2024 00:00:00 CET",
        "1 Jan 2024 00:00:00 +0000 x", "-1 Jan 2024 00:00:00 +0000", "Foo, 1 Jan 2024 00:00:00 +0000",
    ])
    func `anything else is none`(text: String) {
        #expect(MailDate.parse(text) == nil)
    }
}
