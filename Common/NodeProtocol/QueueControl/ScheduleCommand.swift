/// What the sender of a message that waits for its time wants of it.
package struct ScheduleCommand: Codable, Sendable, Equatable {
    package var message: MessageID
    /// Whose message it must be.
    package var tenant: TenantID
    /// When it is to leave instead, in milliseconds since 1970; nil withdraws it.
    package var moveTo: Int64?

    package init(message: MessageID, tenant: TenantID, moveTo: Int64? = nil) {
        self.message = message
        self.tenant = tenant
        self.moveTo = moveTo
    }
}

/// How a message stands after a `ScheduleCommand`, which is on disk then.
package struct ScheduleResult: Codable, Sendable, Equatable {
    /// When it leaves, in milliseconds since 1970; nil when it was withdrawn.
    package var scheduledAt: Int64?

    package init(scheduledAt: Int64? = nil) { self.scheduledAt = scheduledAt }
}
