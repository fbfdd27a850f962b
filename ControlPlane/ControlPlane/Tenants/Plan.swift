import HTTP
import Postgres

/// What a tenant may send and for how long it is remembered.
struct Plan: Codable, Sendable, Equatable {
    var code: String
    var name: String
    /// Recipients a calendar month; nil is without limit.
    var monthlyQuota: Int?
    var dailyQuota: Int?
    var rateLimitPerMinute: Int
    var maxRecipients: Int
    var maxMessageBytes: Int
    var logRetentionDays: Int
    var logBodies: Bool
    var overageAllowed: Bool
    var deadlineHours: Int
    /// The egress pools of each stream; nil: the pool `default`, else the node's own address.
    var transactionalPool: String?
    var bulkPool: String?
    var position: Int
    var isListed: Bool

    enum CodingKeys: String, CodingKey {
        case code, name, position
        case monthlyQuota = "monthly_quota"
        case dailyQuota = "daily_quota"
        case rateLimitPerMinute = "rate_limit_per_minute"
        case maxRecipients = "max_recipients"
        case maxMessageBytes = "max_message_bytes"
        case logRetentionDays = "log_retention_days"
        case logBodies = "log_bodies"
        case overageAllowed = "overage_allowed"
        case deadlineHours = "deadline_hours"
        case transactionalPool = "transactional_pool"
        case bulkPool = "bulk_pool"
        case isListed = "is_listed"
    }

    static let columns: SQL = """
        code, name, monthly_quota, daily_quota, rate_per_minute, max_recipients, max_message_bytes,
        log_retention_days, log_bodies, overage_allowed, deadline_hours, transactional_pool, bulk_pool,
        position, is_listed
        """

    init(_ row: PostgresRow) throws(PostgresError) {
        code = try row["code"]
        name = try row["name"]
        monthlyQuota = try row["monthly_quota"]
        dailyQuota = try row["daily_quota"]
        rateLimitPerMinute = try row["rate_per_minute"]
        maxRecipients = try row["max_recipients"]
        maxMessageBytes = try row["max_message_bytes"]
        logRetentionDays = try row["log_retention_days"]
        logBodies = try row["log_bodies"]
        overageAllowed = try row["overage_allowed"]
        deadlineHours = try row["deadline_hours"]
        transactionalPool = try row["transactional_pool"]
        bulkPool = try row["bulk_pool"]
        position = try row["position"]
        isListed = try row["is_listed"]
    }

    /// The changes of a request applied to this plan.
    mutating func apply(_ change: PlanChange) {
        if let value = change.name { name = value }
        if let value = change.monthlyQuota { monthlyQuota = value < 0 ? nil : value }
        if let value = change.dailyQuota { dailyQuota = value < 0 ? nil : value }
        if let value = change.rateLimitPerMinute { rateLimitPerMinute = value }
        if let value = change.maxRecipients { maxRecipients = value }
        if let value = change.maxMessageBytes { maxMessageBytes = value }
        if let value = change.logRetentionDays { logRetentionDays = value }
        if let value = change.logBodies { logBodies = value }
        if let value = change.overageAllowed { overageAllowed = value }
        if let value = change.deadlineHours { deadlineHours = value }
        if let value = change.transactionalPool { transactionalPool = value.isEmpty ? nil : value }
        if let value = change.bulkPool { bulkPool = value.isEmpty ? nil : value }
        if let value = change.position { position = value }
        if let value = change.isListed { isListed = value }
    }

    static let schema = Schema.record([
        "code": .string.example("free"), "name": .string.example("Free"),
        "monthly_quota": .integer.nullable.example(10_000).optional,
        "daily_quota": .integer.nullable.optional, "rate_limit_per_minute": .integer.example(60),
        "max_recipients": .integer.example(50), "max_message_bytes": .integer.example(26_214_400),
        "log_retention_days": .integer.example(14), "log_bodies": .boolean.example(true),
        "overage_allowed": .boolean, "deadline_hours": .integer.example(72),
        "transactional_pool": .string.nullable.optional, "bulk_pool": .string.nullable.optional,
        "position": .integer, "is_listed": .boolean.example(true),
    ]).named("Plan")
}

/// What an operator changes of a plan; what is left out stays. A quota of -1 is without limit; an
/// empty pool is none.
struct PlanChange: Decodable, Sendable {
    var name: String?
    var monthlyQuota: Int?
    var dailyQuota: Int?
    var rateLimitPerMinute: Int?
    var maxRecipients: Int?
    var maxMessageBytes: Int?
    var logRetentionDays: Int?
    var logBodies: Bool?
    var overageAllowed: Bool?
    var deadlineHours: Int?
    var transactionalPool: String?
    var bulkPool: String?
    var position: Int?
    var isListed: Bool?

    enum CodingKeys: String, CodingKey {
        case name, position
        case monthlyQuota = "monthly_quota"
        case dailyQuota = "daily_quota"
        case rateLimitPerMinute = "rate_limit_per_minute"
        case maxRecipients = "max_recipients"
        case maxMessageBytes = "max_message_bytes"
        case logRetentionDays = "log_retention_days"
        case logBodies = "log_bodies"
        case overageAllowed = "overage_allowed"
        case deadlineHours = "deadline_hours"
        case transactionalPool = "transactional_pool"
        case bulkPool = "bulk_pool"
        case isListed = "is_listed"
    }

    static let schema = Schema.object([
        "name": .string.example("Team"), "monthly_quota": .integer.example(50_000), "daily_quota": .integer,
        "rate_limit_per_minute": .integer, "max_recipients": .integer, "max_message_bytes": .integer,
        "log_retention_days": .integer, "log_bodies": .boolean, "overage_allowed": .boolean,
        "deadline_hours": .integer, "transactional_pool": .string, "bulk_pool": .string,
        "position": .integer, "is_listed": .boolean,
    ]).named("PlanChange")

    /// - Throws: 400 with the field that is outside of what the database holds.
    func check() throws(APIError) {
        if let name, name.isEmpty || name.count > 200 {
            throw .invalid("name", "must have 1 to 200 characters")
        }
        try within(monthlyQuota, "monthly_quota", -1...1_000_000_000_000)
        try within(dailyQuota, "daily_quota", -1...1_000_000_000_000)
        try within(rateLimitPerMinute, "rate_limit_per_minute", 1...10_000_000)
        try within(maxRecipients, "max_recipients", 1...1000)
        try within(maxMessageBytes, "max_message_bytes", 1...(256 * 1024 * 1024))
        try within(logRetentionDays, "log_retention_days", 1...400)
        try within(deadlineHours, "deadline_hours", 1...168)
        try within(position, "position", 0...10_000)
    }

    private func within(_ value: Int?, _ field: String, _ range: ClosedRange<Int>) throws(APIError) {
        guard let value, !range.contains(value) else { return }
        throw .invalid(field, "must be from \(range.lowerBound) to \(range.upperBound)")
    }
}
