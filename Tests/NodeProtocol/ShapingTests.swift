import FoundationEssentials
import NodeProtocol
import Testing

@Suite struct ShapingTests {
    @Test func `what is built in has no problems`() {
        #expect(Shaping.builtIn.problems() == [])
        #expect(Shaping.effective(nil) == Shaping.builtIn)
        #expect(Shaping.builtIn.providers.last?.id == Shaping.defaultID)
        #expect(Shaping.builtIn.rules.count > 10)
    }

    @Test func `an operator's row takes the place of the built-in one, a new one goes before all`() throws {
        let google = Provider(id: "google", hosts: ["*.google.com"], limits: .init(maxConnections: 3))
        let own = Provider(id: "own", hosts: ["*.own.example"], limits: .init(maxConnections: 50))
        let rows = Shaping(providers: [google, own])
        let shaping = Shaping.effective(rows)
        #expect(shaping.problems() == [])
        #expect(shaping.providers.first == own)
        let before = try #require(Shaping.builtIn.providers.firstIndex { $0.id == "google" })
        #expect(shaping.providers[before + 1] == google)
        #expect(shaping.providers.count == Shaping.builtIn.providers.count + 1)
        #expect(shaping.provider(of: "(aspmx|alt1.aspmx).l.google.com") == google)
        #expect(shaping.provider(of: "mx.example.net")?.id == Shaping.defaultID)
        #expect(Shaping.effective(shaping) == shaping)
    }

    @Test func `a built-in rule is switched off by its id`() throws {
        var rule = try #require(Shaping.builtIn.rules.first)
        rule.enabled = false
        let shaping = Shaping.effective(Shaping(rules: [rule]))
        #expect(shaping.rules.filter { $0.id == rule.id } == [rule])
        #expect(shaping.problems() == [])
    }

    @Test func `every row that dangles, contradicts or is out of range is found where it stands`() {
        let cases: [(String, Shaping)] = [
            ("providers[p].hosts", provider(hosts: [])),
            ("providers[p].hosts[0]", provider(hosts: ["*"])),
            ("providers[p].hosts[0]", provider(hosts: ["mx..example"])),
            ("providers[p].hosts[0]", provider(hosts: ["a.*.example"])),
            ("providers[p].hosts[0]", provider(hosts: ["-a.example"])),
            ("providers[p].limits.maxConnections", provider(.init(maxConnections: 0))),
            ("providers[p].limits.maxMessagesPerConnection", provider(.init(maxMessagesPerConnection: -1))),
            ("providers[p].limits.messagesPerSecond", provider(.init(messagesPerSecond: 0))),
            (
                "providers[default].hosts[0]",
                Shaping(providers: [.init(id: "default", hosts: ["a.b"], limits: .init())])
            ),
            ("providers[].id", Shaping(providers: [.init(id: "", hosts: ["a.b"], limits: .init())])),
            ("providers[a b].id", Shaping(providers: [.init(id: "a b", hosts: ["a.b"], limits: .init())])),
            ("rules[r].provider", rule(provider: "gmail")),
            ("rules[r].destination", rule(destination: "exa mple.com")),
            ("rules[r].destination", rule(provider: "google", destination: "mx.example.com")),
            ("rules[r]", rule(code: nil)),
            ("rules[r].code", rule(code: "2")),
            ("rules[r].code", rule(code: "42")),
            ("rules[r].code", rule(code: "4x1")),
            ("rules[r].enhancedCode", rule(enhanced: "4")),
            ("rules[r].enhancedCode", rule(enhanced: "4.7")),
            ("rules[r].enhancedCode", rule(enhanced: "4.7.1.")),
            ("rules[r].enhancedCode", rule(enhanced: "4..")),
            ("rules[r].enhancedCode", rule(enhanced: "5.7.1")),
            ("rules[r].contains", rule(contains: "")),
            ("rules[r].category", rule(category: "SpamBlok")),
            ("rules[r].threshold", rule(threshold: 0)),
            ("rules[r].windowSeconds", rule(window: 90_000)),
            ("rules[r].durationSeconds", rule(duration: 0)),
            ("rules[r].reason", rule(reason: "two\nlines")),
            ("rules[r].limits", rule(action: .slowLane)),
            ("rules[r].limits", rule(action: .slowLane, limits: .init())),
            ("rules[r].limits", rule(limits: .init(maxConnections: 1))),
            ("rules[r].limits.maxConnections", rule(action: .slowLane, limits: .init(maxConnections: 0))),
            ("sources[s].node", source(node: 0)),
            ("sources[s].helloName", source(hello: "")),
            ("sources[s].helloName", source(hello: "localhost")),
            ("sources[s].ipv4", source(ipv4: "10.0.0")),
            ("sources[s].ipv4", source(ipv4: "224.0.0.1")),
            ("sources[s].ipv4", source(ipv4: "::1")),
            ("sources[s].ipv6", source(ipv6: "10.0.0.1")),
            ("sources[s].ipv6", source(ipv6: "ff02::1")),
            ("sources[s].warmUp", source(warmUp: "slowly", since: 0)),
            ("sources[s].warmUpSince", source(warmUp: "standard")),
            ("sources[s].warmUpSince", source(since: 5)),
            (
                "sources[default].id",
                Shaping(sources: [.init(id: "default", node: 1, helloName: "a.example")])
            ),
            ("pools[p].members", Shaping(pools: [.init(id: "p", members: [])])),
            (
                "pools[p].members[0].source",
                Shaping(pools: [.init(id: "p", members: [.init(source: "x", weight: 1)])])
            ),
            ("warmUps[w].groups", Shaping(warmUps: [.init(id: "w", groups: [])])),
            ("warmUps[w].groups[0].provider", plan(.init(provider: "x", firstDay: 1, growth: 2, warmAt: 9))),
            ("warmUps[w].groups[0].firstDay", plan(.init(provider: nil, firstDay: 0, growth: 2, warmAt: 9))),
            ("warmUps[w].groups[0].growth", plan(.init(provider: nil, firstDay: 1, growth: 11, warmAt: 9))),
            ("warmUps[w].groups[0].growth", plan(.init(provider: nil, firstDay: 1, growth: 1, warmAt: 9))),
            ("warmUps[w].groups[0].warmAt", plan(.init(provider: nil, firstDay: 1, growth: 2, warmAt: -9))),
        ]
        for (path, rows) in cases {
            let problems = Shaping.effective(rows).problems()
            #expect(problems.map(\.path) == [path], "\(path): \(problems)")
            #expect(problems.allSatisfy { !$0.text.isEmpty })
        }
    }

    @Test func `an id that is there twice is told once for each kind`() throws {
        let own = Provider(id: "own", hosts: ["mx.own.example"], limits: .init())
        let other = Provider(id: "own", hosts: ["mx.other.example"], limits: .init())
        let google = try #require(Shaping.builtIn.providers.first { $0.id == "google" })
        let rows = Shaping(providers: [own, other, google, google])
        let paths = Shaping.effective(rows).problems().map(\.path)
        #expect(paths.contains("providers[own].id"))
        #expect(paths.contains("providers[google].id"))
    }

    @Test func `a provider that another hides is a problem, as its rules would never apply`() {
        let gmail = Provider(id: "gmail", hosts: ["*.google.com"], limits: .init(maxConnections: 1))
        let problems = Shaping.effective(Shaping(providers: [gmail])).problems()
        #expect(problems.map(\.path) == ["providers[google].hosts[0]"])
        let above = Provider(id: "all", hosts: ["*.COM"], limits: .init(maxConnections: 1))
        #expect(Shaping.effective(Shaping(providers: [above])).problems().count > 10)
        let narrower = Provider(id: "gmail", hosts: ["gmail-smtp-in.l.google.com"], limits: .init())
        #expect(Shaping.effective(Shaping(providers: [narrower])).problems() == [])
    }

    @Test func `members, groups and addresses may not be there twice`() {
        let first = EgressSource(id: "a", node: 1, ipv4: "192.0.2.1", helloName: "a.example")
        let second = EgressSource(id: "b", node: 2, ipv4: "192.0.2.1", helloName: "b.example")
        let pool = EgressPool(
            id: "p", members: [.init(source: "a", weight: 1), .init(source: "a", weight: 0)])
        let group = WarmUpPlan.Group(provider: nil, firstDay: 1, growth: 2, warmAt: 9)
        let rows = Shaping(
            sources: [first, second], pools: [pool], warmUps: [.init(id: "w", groups: [group, group])])
        #expect(
            Shaping.effective(rows).problems().map(\.path) == [
                "sources[b].ipv4", "pools[p].members[1].source", "pools[p].members[1].weight",
                "warmUps[w].groups[1].provider",
            ])
    }

    @Test func `a tenant's pools must be there`() {
        let shaping = Shaping(pools: [.init(id: "fast", members: [])])
        #expect(shaping.problems(of: .init(transactionalPool: "fast", bulkPool: nil)) == [])
        #expect(
            shaping.problems(of: .init(transactionalPool: "fast", bulkPool: "x")).map(\.path) == ["bulkPool"])
    }

    @Test func `a warm-up grows day by day until the source is warm`() {
        let group = WarmUpPlan.Group(provider: nil, firstDay: 50, growth: 1.5, warmAt: 200)
        #expect((0..<6).map { group.messages(onDay: $0) } == [50, 75, 112, 168, nil, nil])
        #expect(group.messages(onDay: -3) == 50)
        #expect(group.messages(onDay: .max) == nil)
        let flat = WarmUpPlan.Group(provider: nil, firstDay: 50, growth: 1, warmAt: 200)
        #expect(flat.messages(onDay: .max) == 50)
    }

    @Test func `a shaping comes back from JSON, with the defaults of what is not there`() throws {
        let text = #"{"id":"r","contains":"x","action":"suspend_lane","durationSeconds":60,"reason":"why"}"#
        let rule = try JSONDecoder().decode(AutomationRule.self, from: Data(text.utf8))
        #expect(
            rule
                == AutomationRule(
                    id: "r", contains: "x", action: .suspendLane, durationSeconds: 60, reason: "why"))
        let data = try JSONEncoder().encode(Shaping.builtIn)
        #expect(try JSONDecoder().decode(Shaping.self, from: data) == Shaping.builtIn)
    }

    // MARK: Rows with one fault

    private func provider(hosts: [String] = ["mx.p.example"], _ limits: DestinationLimits = .init())
        -> Shaping
    {
        Shaping(providers: [Provider(id: "p", hosts: hosts, limits: limits)])
    }

    private func rule(
        provider: String? = nil, destination: String? = nil, code: String? = "4", enhanced: String? = nil,
        contains: String? = nil, category: String? = nil, threshold: Int = 1, window: Int = 60,
        duration: Int = 60, reason: String = "why", action: AutomationRule.Action = .suspendLane,
        limits: DestinationLimits? = nil
    ) -> Shaping {
        Shaping(rules: [
            AutomationRule(
                id: "r", provider: provider, destination: destination, code: code, enhancedCode: enhanced,
                contains: contains, category: category, threshold: threshold, windowSeconds: window,
                action: action, limits: limits, durationSeconds: duration, reason: reason)
        ])
    }

    private func source(
        node: UInt16 = 1, ipv4: String? = nil, ipv6: String? = nil, hello: String = "a.example",
        warmUp: String? = nil, since: Int64? = nil
    ) -> Shaping {
        Shaping(sources: [
            EgressSource(
                id: "s", node: node, ipv4: ipv4, ipv6: ipv6, helloName: hello, warmUp: warmUp,
                warmUpSince: since)
        ])
    }

    private func plan(_ group: WarmUpPlan.Group) -> Shaping {
        Shaping(warmUps: [WarmUpPlan(id: "w", groups: [group])])
    }
}

@Suite struct DestinationPatternTests {
    @Test func `a pattern is tried on the set and on each of its hosts`() {
        let cases: [(String, String, Bool)] = [
            ("*", "anything", true), ("*.example.com", "example.com", true),
            ("*.example.com", "a.b.EXAMPLE.com", true), ("*.example.com", "notexample.com", false),
            ("mx1.example.com", "(mx1|mx2).example.com", true),
            ("mx3.example.com", "(mx1|mx2).example.com", false),
            ("*.example.com", "(mx1|mx2).example.com", true), ("example.com", "(|mx2).example.com", true),
            ("b.example", "a.test|b.example", true), ("*.example", "a.test|b.c.example", true),
            ("c.example", "a.test|b.example", false),
            ("(mx1|mx2).example.com", "(mx1|mx2).example.com", true),
            ("*.x", "(", false), ("*.x", "(|", false), ("*.x", "|", false), ("x", "", false),
        ]
        for (pattern, name, expected) in cases {
            #expect(DestinationPattern(pattern).matches(name) == expected, "\(pattern) \(name)")
        }
    }
}
