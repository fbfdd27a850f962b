import FoundationEssentials
import TestSupport
import Testing

@testable import ControlPlane

/// `dispatch shaping`, the commands of the tables, and `dispatch plan`.
@Suite(.enabled(if: TestPostgres.isInstalled)) struct ShapingCommandTests {
    @Test func `rows are set by options or by a file, listed and deleted`() async throws {
        let control = try await ServiceFixture.make()
        let token = try await control.operatorToken()
        let node = try await control.node(token, "mx1")
        let tool = try OperatorTool(control, token: token)
        #expect(
            try await tool.run(
                "provider", "set", "acme", "--host", "*.acme.example", "--host", "mx.acme.test",
                "--max-connections", "3", "--rate=0.5"
            ).exit == .code(0))
        #expect(
            try await tool.run(
                "rule", "set", "acme", "--provider", "acme", "--contains", "slow down", "--action",
                "slow_lane", "--for", "2h", "--window", "90s", "--reason", "asked", "--max-connections", "1"
            ).exit == .code(0))
        #expect(
            try await tool.run(
                "source", "set", "a1", "--node", "mx1", "--hello-name", "a1.example.com", "--ipv4",
                "192.0.2.1", "--warm-up", "slow", "--warm-up-since", "2026-11-01"
            ).exit == .code(1))
        let file = try tool.folder.write(
            #"{"groups":[{"first_day":10,"growth":2,"warm_at":100}]}"#, to: "slow.json")
        #expect(try await tool.run("warmup", "set", "slow", "--file", file).exit == .code(0))
        #expect(
            try await tool.run(
                "source", "set", "a1", "--node", "mx1", "--hello-name", "a1.example.com", "--ipv4",
                "192.0.2.1", "--warm-up", "slow", "--warm-up-since", "2026-11-01"
            ).exit == .code(0))
        #expect(try await tool.run("pool", "set", "main", "--member", "a1=7").exit == .code(0))
        #expect(try await tool.run("plan", "pools", "free", "--bulk", "main").exit == .code(0))

        let providers = try await tool.run("provider", "list")
        #expect(providers.rows.last == ["acme", "3", "0.5", "*.acme.example,", "mx.acme.test"])
        let rule = try await tool.run("rule", "show", "acme", "--json")
        let shown = JSONValue(reading: Array(rule.output.utf8))["data"]
        #expect((shown["duration_seconds"], shown["window_seconds"]) == (7_200, 90))
        #expect(
            try await tool.run("source", "list").rows.last == [
                "a1", String(node.number), "192.0.2.1", "a1.example.com", "slow", "2026-11-01T00:00:00Z",
            ])
        #expect(try await tool.run("pool", "list").rows.last == ["main", "source=a1", "weight=7"])
        #expect(try await tool.run("plan", "list").output.contains("main"))

        let used = try await tool.run("provider", "delete", "acme")
        #expect(used.exit == .code(1))
        #expect(used.errors.contains("rules[acme].provider") && used.errors.contains("in_use"))
        #expect(try await tool.run("rule", "delete", "acme").exit == .code(0))
        #expect(try await tool.run("provider", "delete", "acme").exit == .code(0))
        await node.stop()
        await control.stop()
    }

    @Test func `a document is checked before it is applied, and exported as it was`() async throws {
        let control = try await ServiceFixture.make()
        let tool = try OperatorTool(control, token: try await control.operatorToken())
        let rule = """
            {"id":"r","destination":"*.example.com","code":"421","action":"suspend_lane",
             "duration_seconds":60,"reason":"asked"}
            """
        func document(_ rules: String) -> String {
            #"{"providers":[],"rules":[\#(rules)],"sources":[],"pools":[],"warm_ups":[]}"#
        }
        let good = try tool.folder.write(document(rule), to: "good.json")
        let bad = try tool.folder.write(
            document(rule.replacing("*.example.com", with: "*example").replacing("60", with: "0")),
            to: "bad.json")
        #expect(try await tool.run("shaping", "check", good).output == "rules r: would be created\n")
        let refused = try await tool.run("shaping", "check", bad)
        #expect(refused.exit == .code(1))
        #expect(refused.errors.contains("\n  rules[r].destination: "))
        #expect(refused.errors.contains("\n  rules[r].duration_seconds: "))
        #expect(try await tool.run("shaping", "apply", bad).exit == .code(1))
        #expect(try await tool.run("shaping", "apply", good).output == "rules r: created\n")
        let exported = try tool.folder.write(
            try await tool.run("shaping", "export").output, to: "exported.json")
        #expect(try await tool.run("shaping", "apply", exported).output == "nothing to change\n")

        let shown = try await tool.run("shaping", "show")
        #expect(shown.rows.contains { $0.first == "r" && $0.last == "operator" })
        #expect(shown.rows.contains { $0.first == "google" && $0.last == "built_in" })
        await control.stop()
    }

    @Test func `what a command does not know is refused with usage, and help is printed without a server`()
        async throws
    {
        let control = try await ServiceFixture.make()
        let tool = try OperatorTool(control, token: "none")
        for words in [
            ["provider", "set", "x"], ["provider", "set", "x", "--member", "a=1"],
            ["pool", "list", "--bulk", "x"],
            ["rule", "set", "x", "--for", "soon", "--action", "slow_lane"], ["shaping", "check"],
            ["queue", "explode"], ["queue", "lanes", "--everything"], ["pool", "set", "x", "--member", "a"],
            ["provider", "list", "more"], ["queue", "hold", "--tenant", "a", "--tenant", "b"],
        ] {
            let child = try ChildProcess([try Products.path("dispatch")] + words)
            #expect(try await child.wait(deadline: .seconds(30)) == .code(64), "\(words)")
        }
        for word in ["shaping", "rule", "queue", "plan"] {
            let help = try await tool.run(word, "--help")
            #expect(help.exit == .code(0))
            #expect(help.output.hasPrefix("dispatch "))
        }
        await control.stop()
    }

    @Test func `spool becomes the node's program beside it, with the same words`() async throws {
        let folder = try TemporaryDirectory(prefix: "dispatch-tool")
        try await ChildProcess.run(["cp", try Products.path("dispatch"), folder.file("dispatch")])
        _ = try folder.write("#!/bin/sh\necho \"$0 $*\"\nexit 3\n", to: "mta-node")
        try await ChildProcess.run(["chmod", "+x", folder.file("mta-node")])
        let child = try ChildProcess([folder.file("dispatch"), "spool", "list", "--json", "--odd"])
        #expect(try await child.wait(deadline: .seconds(30)) == .code(3))
        #expect(
            child.text(of: .standardOutput) == "\(folder.file("mta-node")) spool list --json --odd\n")
    }
}
