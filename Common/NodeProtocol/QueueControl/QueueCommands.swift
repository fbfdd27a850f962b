/// Lets nothing start, for a time or until it is resumed. Takes precedence over everything but `resume`, and
/// survives a restart of the node.
package struct SuspendCommand: Codable, Sendable, Equatable {
    /// Exactly one of the four, or a tenant on a destination.
    package var lane: String?
    package var tenant: TenantID?
    package var destination: String?
    package var everything: Bool?
    /// 1 … 200 bytes; shown by everything that explains.
    package var reason: String
    /// 1 … 31,536,000; nil: until it is resumed.
    package var durationSeconds: Int?
    /// Given, the lanes are slowed down to these limits instead; not for a tenant.
    package var limits: DestinationLimits?

    package init(
        lane: String? = nil, tenant: TenantID? = nil, destination: String? = nil, everything: Bool? = nil,
        reason: String, durationSeconds: Int? = nil, limits: DestinationLimits? = nil
    ) {
        self.lane = lane
        self.tenant = tenant
        self.destination = destination
        self.everything = everything
        self.reason = reason
        self.durationSeconds = durationSeconds
        self.limits = limits
    }
}

/// Ends restrictions: the one with this id (of an operator or of a rule), or every one of an operator that
/// was imposed with exactly this scope.
///
/// What a rule imposed does not come back on the same lane or tenant before it would have ended.
package struct ResumeCommand: Codable, Sendable, Equatable {
    package var id: String?
    package var lane: String?
    package var tenant: TenantID?
    package var destination: String?
    package var everything: Bool?

    package init(
        id: String? = nil, lane: String? = nil, tenant: TenantID? = nil, destination: String? = nil,
        everything: Bool? = nil
    ) {
        self.id = id
        self.lane = lane
        self.tenant = tenant
        self.destination = destination
        self.everything = everything
    }
}

/// Acts on waiting messages: those recipients of them that the selector chooses and that were accepted before
/// the command came.
package struct QueueCommand: Codable, Sendable, Equatable {
    package enum Action: String, Codable, Sendable, CaseIterable {
        /// Keeps them back until they are released; their deadlines go on. Survives a restart.
        case hold
        /// Lets held ones go on where they were.
        case release
        /// Makes deferred and scheduled ones due at once.
        case requeue
        /// Withdraws them. What is in flight is withdrawn if its attempt does not succeed.
        case cancel
    }

    package var action: Action
    package var selector: QueueSelector
    /// Counts, and does nothing.
    package var dryRun: Bool?

    package init(_ action: Action, _ selector: QueueSelector, dryRun: Bool? = nil) {
        self.action = action
        self.selector = selector
        self.dryRun = dryRun
    }
}

/// What a `QueueCommand` did, or would do.
package struct QueueCommandResult: Codable, Sendable, Equatable {
    /// Chosen and in a state in which the action has an effect.
    package var messages: Int
    package var recipients: Int
    /// Of `recipients`, those whose attempt is in flight: the action takes effect when it comes back.
    package var sending: Int
    package var isDryRun: Bool

    package init(messages: Int, recipients: Int, sending: Int, isDryRun: Bool) {
        self.messages = messages
        self.recipients = recipients
        self.sending = sending
        self.isDryRun = isDryRun
    }
}
