import Testing

/// The rules themselves, on small texts.
@Suite struct RulesTests {
    @Test func `comments and texts are not code`() {
        let source = [
            "let a = \"try! // not a comment\" // try!", "/* try! /* nested */ try! */ let b = 1",
            "let c = \"\"\"",
            "    try! \"quoted\"", "    \"\"\"", "let d = #\"a\"b\\\"# + \"\\\"try!\"",
        ]
        #expect(
            SwiftCode.lines(source) == [
                "let a = \"\" ", " let b = 1", "let c = \"", "", "\"", "let d = \"\" + \"\"",
            ])
    }

    @Test func `a banned call is a word of its own`() {
        #expect(SwiftCode.contains("print(", in: "    print(1)"))
        #expect(!SwiftCode.contains("print(", in: "    fingerprint(1)"))
        #expect(!SwiftCode.contains("print(", in: "    Self.print(1)"))
        #expect(!SwiftCode.contains("print(", in: "    func print(_ text: String) {"))
        #expect(SwiftCode.contains("print(", in: "    fingerprint(1); print(2)"))
    }

    @Test func `the manifest's targets are known with their folders and uses`() throws {
        let manifest = try Manifest()
        let service = try #require(manifest.target(of: "Common/Service/Log/Log.swift"))
        #expect(service.name == "Service" && service.uses == ["EventLoop", "Times"])
        #expect(manifest.target(of: "Tests/Support/Files.swift")?.name == "TestSupport")
        #expect(manifest.target(of: "Tests/Tidy/RulesTests.swift")?.name == "TidyTests")
    }
}
