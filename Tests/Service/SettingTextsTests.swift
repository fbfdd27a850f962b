import Testing

@testable import Service

@Suite struct SettingTextsTests {
    @Test(arguments: [
        ("500ms", 500), ("30s", 30_000), ("5m", 300_000), ("2h", 7_200_000), ("1d", 86_400_000),
        ("1h30m", 5_400_000),
        ("0s", 0),
    ])
    func `a duration is a number with its unit`(text: String, milliseconds: Int) {
        #expect(DurationText.parse(text) == .milliseconds(milliseconds))
    }

    @Test(arguments: [
        "", "30", "s", "-5s", "5 s", "5S", "1.5h", "99999999999999999999s", "9999999999999999d", "5sm",
    ])
    func `what is not a duration is refused`(text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test func `a formatted duration or size reads back as itself`() {
        for milliseconds in [0, 1, 999, 1_000, 61_000, 3_600_000, 86_400_000, 90_000_000] {
            let duration = Duration.milliseconds(milliseconds)
            #expect(DurationText.parse(DurationText.format(duration)) == duration)
        }
        for bytes in [0, 1, 1_023, 1_024, 25 << 20, 3 << 30, (1 << 40) + 1] {
            #expect(ByteCountText.parse(ByteCountText.format(bytes)) == bytes)
        }
        #expect(DurationText.format(.seconds(5_400)) == "90m")
        #expect(ByteCountText.format(25 << 20) == "25MiB")
    }

    @Test(arguments: ["", "MiB", "-1", "1.5MiB", "1mib", "99999999999999999999", "9999999999TiB", "1 KiB"])
    func `what is not a size is refused`(text: String) {
        #expect(ByteCountText.parse(text) == nil)
    }

    @Test func `sizes may be binary, decimal or plain bytes`() {
        #expect(ByteCountText.parse("25MiB") == 26_214_400)
        #expect(ByteCountText.parse("25MB") == 25_000_000)
        #expect(ByteCountText.parse("4096") == 4_096)
    }

    @Test(arguments: [
        "https://example.com", "http://127.0.0.1:8080/x", "https://[::1]:1/", "https://user@example.com/",
    ])
    func `an absolute URL with a host is taken`(text: String) {
        #expect(URLText.isAbsolute(text, schemes: ["https", "http"]))
    }

    @Test(arguments: [
        "example.com", "https://", "https:///x", "https://a b/", "https://ex ample", "http://h:99999/",
    ])
    func `what is not an absolute URL is refused`(text: String) {
        #expect(!URLText.isAbsolute(text, schemes: ["https", "http"]))
    }
}
