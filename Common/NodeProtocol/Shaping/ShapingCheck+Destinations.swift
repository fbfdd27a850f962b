extension ShapingCheck {
    mutating func provider(_ provider: Provider) {
        let path = "providers[\(provider.id)]"
        require(
            (1...Shaping.maxRowParts).contains(provider.hosts.count), "\(path).hosts",
            "1 to \(Shaping.maxRowParts) patterns of MX hosts")
        for (index, host) in provider.hosts.enumerated() {
            if provider.id == Shaping.defaultID {
                require(host == "*", "\(path).hosts[\(index)]", "the provider `default` has the pattern `*`")
            } else {
                pattern(host, "\(path).hosts[\(index)]")
            }
        }
        limits(provider.limits, "\(path).limits")
    }

    /// `*.example.com` or a name; `*` alone says everything and belongs to the provider `default`.
    private mutating func pattern(_ text: String, _ path: String) {
        let name = text.hasPrefix("*.") ? String(text.dropFirst(2)) : text
        require(
            Self.isHostName(name, minLabels: text.hasPrefix("*.") ? 1 : 2), path,
            "`\(text)` is neither the name of a host nor `*.` and a domain")
    }

    /// A provider that another one before it hides would never be found, nor any rule that names it.
    mutating func reach(of providers: [Provider]) {
        var before: [String: String] = [:]
        for provider in providers.prefix(Shaping.maxRows) where provider.id != Shaping.defaultID {
            let patterns = provider.hosts.prefix(Shaping.maxRowParts).map { $0.lowercased() }
            for (index, pattern) in patterns.enumerated() {
                guard let hiding = Self.covering(pattern).first(where: { before[$0] != nil }) else {
                    continue
                }
                add(
                    "providers[\(provider.id)].hosts[\(index)]",
                    "`\(pattern)` is never reached: `\(hiding)` of the provider "
                        + "`\(before[hiding] ?? "")` comes before it")
            }
            for pattern in patterns where pattern != "*" { before[pattern] = provider.id }
        }
    }

    /// The pattern itself, and those with `*.` that match all that it matches.
    private static func covering(_ pattern: String) -> [String] {
        var covering = [pattern]
        var rest = pattern.hasPrefix("*.") ? pattern.dropFirst(2) : pattern[...]
        while true {
            if !rest.isEmpty { covering.append("*.\(rest)") }
            guard let dot = rest.firstIndex(of: ".") else { return covering }
            rest = rest[rest.index(after: dot)...]
        }
    }

    mutating func rule(_ rule: AutomationRule, providers: Set<String>) {
        let path = "rules[\(rule.id)]"
        if let provider = rule.provider { known(provider, providers, "\(path).provider", "provider") }
        if let destination = rule.destination, destination != "*" {
            pattern(destination, "\(path).destination")
        }
        require(
            rule.provider == nil || rule.destination == nil, "\(path).destination",
            "a rule names a provider or a destination, not both")
        matcher(rule, path)
        count(rule.threshold, in: 1...10_000, "\(path).threshold")
        count(rule.windowSeconds, in: 1...86_400, "\(path).windowSeconds")
        count(rule.durationSeconds, in: 1...604_800, "\(path).durationSeconds")
        text(rule.reason, maxBytes: 200, "\(path).reason")
        let narrowed = rule.limits.map { $0 != DestinationLimits() } ?? false
        switch rule.action {
        case .slowLane: require(narrowed, "\(path).limits", "`slow_lane` needs limits")
        case .suspendLane, .suspendTenant:
            require(rule.limits == nil, "\(path).limits", "limits are for `slow_lane` alone")
        }
        if let limits = rule.limits { self.limits(limits, "\(path).limits") }
    }

    private mutating func matcher(_ rule: AutomationRule, _ path: String) {
        require(
            rule.code != nil || rule.enhancedCode != nil || rule.contains != nil || rule.category != nil,
            path, "a rule asks for a code, an enhanced code, a text or a category; this one for nothing")
        if let code = rule.code {
            require(
                Self.isFailureCode(code), "\(path).code",
                "`4`, `5` or three digits that begin with them, not `\(code)`")
        }
        if let code = rule.enhancedCode {
            require(
                Self.isEnhancedCode(code), "\(path).enhancedCode",
                "`4.7.28`, or its beginning up to a dot such as `4.7.`, not `\(code)`")
        }
        if let code = rule.code?.first, let enhanced = rule.enhancedCode?.first {
            require(
                code == enhanced, "\(path).enhancedCode",
                "no reply has a code \(code).. and an enhanced code \(enhanced)..")
        }
        if let contains = rule.contains { text(contains, maxBytes: 200, "\(path).contains") }
        if let category = rule.category {
            require(
                AutomationRule.categories.contains(category), "\(path).category",
                "the classification has no category `\(category)`")
        }
    }

    private static func isFailureCode(_ code: String) -> Bool {
        guard code.hasPrefix("4") || code.hasPrefix("5") else { return false }
        return (code.utf8.count == 1 || code.utf8.count == 3) && code.utf8.allSatisfy(isDigit)
    }

    /// RFC 3463 §2: class, subject and detail, of which the end may be missing behind a dot.
    private static func isEnhancedCode(_ code: String) -> Bool {
        let parts = code.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), parts[0].count == 1, code.hasPrefix("4") || code.hasPrefix("5")
        else { return false }
        let last = parts[parts.count - 1]
        let isWhole = parts.count == 3 && (1...3).contains(last.count)
        return (isWhole || last.isEmpty) && last.allSatisfy(isDigit)
            && parts.dropLast().allSatisfy { (1...3).contains($0.count) && $0.allSatisfy(isDigit) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}

extension AutomationRule {
    /// The categories of the classification, by their stable names.
    package static let categories: Set<String> = [
        "InvalidRecipient", "BadDomain", "InvalidMailbox", "NoMailbox", "InactiveMailbox", "QuotaIssues",
        "InvalidSender", "SpamBlock", "SpamContent", "VirusRelated", "ContentRelated", "PolicyRelated",
        "AuthenticationFailed", "RelayDenied", "RateLimited", "Greylisted", "TooManyRecipients",
        "TransientFailure", "BadConfiguration", "RoutingErrors", "DNSFailure", "ConnectionFailure",
        "TLSFailure", "ProtocolError", "MessageExpired", "Uncategorized",
    ]
}
