import Glibc
import Testing

@testable import Service

@Suite struct SettingsReaderTests {
    private func reader(_ environment: [String: String], alsoKnown: [String] = []) -> SettingsReader {
        SettingsReader(environment: environment, program: "mta-node", alsoKnown: alsoKnown)
    }

    @Test func `defaults hold when nothing is set, and an empty variable counts as unset`() throws {
        var reader = reader(["DISPATCH_NAME": ""])
        #expect(reader.string("DISPATCH_NAME", default: "alpha", help: "") == "alpha")
        #expect(reader.int("DISPATCH_COUNT", default: 7, in: 1...10, help: "") == 7)
        #expect(reader.bool("DISPATCH_ON", default: true, help: "") == true)
        #expect(reader.duration("DISPATCH_WAIT", default: .seconds(30), help: "") == .seconds(30))
        #expect(reader.bytes("DISPATCH_SIZE", default: 25 << 20, help: "") == 25 << 20)
        #expect(reader.socketAddress("DISPATCH_LISTEN", default: "127.0.0.1:0", help: "") == "127.0.0.1:0")
        #expect(reader.list("DISPATCH_LIST", default: ["a", "b"], help: "") == ["a", "b"])
        #expect(reader.optionalString("DISPATCH_MAYBE", help: "") == nil)
        #expect(reader.optionalURL("DISPATCH_URL", help: "") == nil)
        try reader.finish()
    }

    @Test func `values of every kind are read from the environment`() throws {
        var reader = reader([
            "DISPATCH_NAME": "beta", "DISPATCH_COUNT": "9", "DISPATCH_ON": "off", "DISPATCH_WAIT": "1h30m",
            "DISPATCH_SIZE": "512KiB", "DISPATCH_LISTEN": "[::1]:25", "DISPATCH_LIST": " a , ,b",
            "DISPATCH_URL": "https://portal.example.com:8443/hooks?x=1", "DISPATCH_LEVEL": "warning",
            "DISPATCH_URLS": "http://a:8080, https://b.example.com,",
            "DISPATCH_DB": "db.example.com:5432", "DISPATCH_PATH": "/var/lib/dispatch",
        ])
        #expect(reader.string("DISPATCH_NAME", help: "") == "beta")
        #expect(reader.int("DISPATCH_COUNT", in: 1...10, help: "") == 9)
        #expect(reader.bool("DISPATCH_ON", default: true, help: "") == false)
        #expect(reader.duration("DISPATCH_WAIT", help: "") == .seconds(5_400))
        #expect(reader.bytes("DISPATCH_SIZE", help: "") == 524_288)
        #expect(reader.socketAddress("DISPATCH_LISTEN", help: "") == "[::1]:25")
        #expect(reader.list("DISPATCH_LIST", help: "") == ["a", "b"])
        #expect(reader.url("DISPATCH_URL", help: "") == "https://portal.example.com:8443/hooks?x=1")
        #expect(
            reader.urls("DISPATCH_URLS", default: [], help: "") == ["http://a:8080", "https://b.example.com"])
        #expect(reader.choice("DISPATCH_LEVEL", default: LogLevel.info, help: "") == .warning)
        #expect(reader.hostAndPort("DISPATCH_DB", help: "") == "db.example.com:5432")
        #expect(reader.path("DISPATCH_PATH", help: "") == "/var/lib/dispatch")
        try reader.finish()
    }

    @Test func `all mistakes are reported together, each with its name, value and what would be right`() {
        var reader = reader([
            "DISPATCH_COUNT": "11", "DISPATCH_WAIT": "30", "DISPATCH_SIZE": "9999999TiB",
            "DISPATCH_LISTEN": "8025",
            "DISPATCH_URL": "ftp://x/", "DISPATCH_DB": "db:0", "DISPATCH_LEVEL": "loud",
            "DISPATCH_URLS": "http://a,b",
        ])
        _ = reader.int("DISPATCH_COUNT", default: 3, in: 1...10, help: "")
        _ = reader.duration("DISPATCH_WAIT", default: .seconds(1), help: "")
        _ = reader.bytes("DISPATCH_SIZE", default: 1, help: "")
        _ = reader.socketAddress("DISPATCH_LISTEN", default: "127.0.0.1:1", help: "")
        _ = reader.url("DISPATCH_URL", default: "https://example.com", help: "")
        _ = reader.urls("DISPATCH_URLS", default: [], help: "")
        _ = reader.hostAndPort("DISPATCH_DB", default: "db:1", help: "")
        _ = reader.choice("DISPATCH_LEVEL", default: LogLevel.info, help: "")
        _ = reader.string("DISPATCH_NAME", help: "The name.")
        let problems = reader.allProblems
        #expect(
            problems.map(\.name) == [
                "DISPATCH_COUNT", "DISPATCH_WAIT", "DISPATCH_SIZE", "DISPATCH_LISTEN", "DISPATCH_URL",
                "DISPATCH_URLS", "DISPATCH_DB", "DISPATCH_LEVEL", "DISPATCH_NAME",
            ])
        #expect(problems.first?.description == "DISPATCH_COUNT=11: expected a whole number from 1 to 10")
        #expect(problems.last?.description == "DISPATCH_NAME: is required: a text (The name.)")
        #expect(throws: SettingsError.self) { try reader.finish() }
    }

    @Test func `a secret is never shown, not even when it is wrong`() throws {
        var reader = reader(["DISPATCH_KEY": "hunter2", "DISPATCH_KEY_FILE": "/nowhere/at/all"])
        _ = reader.secret("DISPATCH_KEY", help: "The key.")
        let problems = reader.allProblems
        #expect(problems.count == 2)
        #expect(!"\(SettingsError(program: "p", problems: problems))".contains("hunter2"))
        #expect(!reader.settingsTable().contains("hunter2"))

        var right = self.reader(["DISPATCH_KEY": "hunter2"])
        #expect(right.secret("DISPATCH_KEY", help: "The key.").revealed == "hunter2")
        try right.finish()
        #expect(right.settingsTable().contains("DISPATCH_KEY  [secret]  environment"))
    }

    @Test func `a secret may come from a file, whose last line end is dropped`() throws {
        var template = Array("/tmp/dispatch-secret-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        defer { close(descriptor) }
        let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        defer { unlink(path) }
        #expect(write(descriptor, "s3cret\n", 7) == 7)
        var reader = reader(["DISPATCH_KEY_FILE": path])
        #expect(reader.secret("DISPATCH_KEY", help: "").revealed == "s3cret")
        try reader.finish()
    }

    @Test func `an unknown name is an error that names the nearest known one`() {
        var reader = reader(
            [
                "DISPATCH_HTTP_LISTN": "x", "DISPATCH_SIBLING": "y", "DISPATCH_QUITE_ELSE": "z", "HOME": "/",
                "DISPATCH_CORPORA": "/vectors",
            ],
            alsoKnown: ["DISPATCH_SIBLING"])
        _ = reader.string("DISPATCH_HTTP_LISTEN", default: "", help: "")
        #expect(
            reader.allProblems.map(\.description) == [
                "DISPATCH_HTTP_LISTN: is not a setting of mta-node; did you mean DISPATCH_HTTP_LISTEN?",
                "DISPATCH_QUITE_ELSE: is not a setting of mta-node; --help lists the settings",
            ])
    }

    @Test func `a relation between settings that does not hold is a problem of the setting named`() {
        var reader = reader(["DISPATCH_LOW": "5"])
        let low = reader.int("DISPATCH_LOW", default: 1, in: 0...9, help: "")
        reader.require(low <= 3, "DISPATCH_LOW", "must not be above DISPATCH_HIGH (3)")
        #expect(
            reader.allProblems.map(\.description) == ["DISPATCH_LOW=5: must not be above DISPATCH_HIGH (3)"])
    }

    @Test func `help and declarations are made from the same reads`() throws {
        let declarations = SettingsReader.declarations { reader in _ = ServiceSettings(reading: &reader) }
        #expect(declarations.map(\.name) == ["DISPATCH_LOG_LEVEL", "DISPATCH_STOP_DEADLINE"])
        #expect(declarations.map(\.defaultText) == ["info", "30s"])
        var reader = reader([:])
        _ = ServiceSettings(reading: &reader)
        let help = try #require(reader.answer(to: ["mta-node", "--help"], about: "About."))
        #expect(help.exitCode == 0)
        #expect(help.text.contains("DISPATCH_STOP_DEADLINE  (duration, default 30s)\n      How long"))
        #expect(reader.answer(to: ["mta-node", "run"], about: "") == nil)
    }

    @Test func `printing wrong settings shows the table, the mistakes and a configuration exit code`() throws
    {
        var reader = reader(["DISPATCH_LOG_LEVEL": "\u{1B}[31mloud"])
        _ = ServiceSettings(reading: &reader)
        let answer = try #require(reader.answer(to: ["mta-node", "--print-settings"], about: ""))
        #expect(answer.exitCode == 78)
        #expect(answer.text.contains("DISPATCH_LOG_LEVEL"))
        #expect(answer.text.contains("expected one of debug, info, warning, error"))
    }
}
