/// What a reply of a destination brings about beyond its own message: a pause or a narrower limit, for a
/// time.
package struct AutomationRule: Codable, Sendable, Equatable {
    package enum Action: String, Codable, Sendable, CaseIterable {
        /// Nothing starts on the lane.
        case suspendLane = "suspend_lane"
        /// Nothing of the tenant starts on the destination.
        case suspendTenant = "suspend_tenant"
        /// The lane gets `limits`.
        case slowLane = "slow_lane"
    }

    package var id: String
    /// A built-in rule is switched off by one of the same id that is not enabled.
    package var enabled: Bool
    /// Where the rule holds: a provider's id; nil together with `destination` nil: everywhere. Not both.
    package var provider: String?
    /// Or a pattern of destinations, as `DestinationPattern` reads it.
    package var destination: String?
    /// What the reply must be: its three digits or the first of them (`421`, `4`), an enhanced status code or
    /// its beginning (`4.7.`), a text that it contains (ASCII case does not count), and a category of the
    /// classification. What is nil is not asked for; at least one is not nil.
    package var code: String?
    package var enhancedCode: String?
    package var contains: String?
    package var category: String?
    /// So many such replies (1 … 10,000) …
    package var threshold: Int
    /// … within so many seconds (1 … 86,400): 1 in any time is "at once". Counted for each lane, with
    /// `suspendTenant` for each tenant on each destination.
    package var windowSeconds: Int
    package var action: Action
    /// For `slowLane`, and for that alone.
    package var limits: DestinationLimits?
    /// 1 … 604,800.
    package var durationSeconds: Int
    /// Shown to operators when the rule is in force.
    package var reason: String

    package init(
        id: String, enabled: Bool = true, provider: String? = nil, destination: String? = nil,
        code: String? = nil, enhancedCode: String? = nil, contains: String? = nil, category: String? = nil,
        threshold: Int = 1,
        windowSeconds: Int = 3_600, action: Action, limits: DestinationLimits? = nil, durationSeconds: Int,
        reason: String
    ) {
        self.id = id
        self.enabled = enabled
        self.provider = provider
        self.destination = destination
        self.code = code
        self.enhancedCode = enhancedCode
        self.contains = contains
        self.category = category
        self.threshold = threshold
        self.windowSeconds = windowSeconds
        self.action = action
        self.limits = limits
        self.durationSeconds = durationSeconds
        self.reason = reason
    }

    /// What is not there has its default: enabled, once, within an hour.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decode(String.self, forKey: .id)
        enabled = try container.decodeIfPresent(Bool.self, forKey: .enabled) ?? true
        provider = try container.decodeIfPresent(String.self, forKey: .provider)
        destination = try container.decodeIfPresent(String.self, forKey: .destination)
        code = try container.decodeIfPresent(String.self, forKey: .code)
        enhancedCode = try container.decodeIfPresent(String.self, forKey: .enhancedCode)
        contains = try container.decodeIfPresent(String.self, forKey: .contains)
        category = try container.decodeIfPresent(String.self, forKey: .category)
        threshold = try container.decodeIfPresent(Int.self, forKey: .threshold) ?? 1
        windowSeconds = try container.decodeIfPresent(Int.self, forKey: .windowSeconds) ?? 3_600
        action = try container.decode(Action.self, forKey: .action)
        limits = try container.decodeIfPresent(DestinationLimits.self, forKey: .limits)
        durationSeconds = try container.decode(Int.self, forKey: .durationSeconds)
        reason = try container.decode(String.self, forKey: .reason)
    }
}
