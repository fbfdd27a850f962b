import HTTP
import NodeProtocol
import Postgres

/// What one lane may do at most, by the names of the API.
struct LimitsBody: Codable, Equatable, Sendable {
    var maxConnections: Int?
    var maxMessagesPerConnection: Int?
    var messagesPerSecond: Double?

    enum CodingKeys: String, CodingKey {
        case maxConnections = "max_connections"
        case maxMessagesPerConnection = "max_messages_per_connection"
        case messagesPerSecond = "messages_per_second"
    }

    static let schema = Schema.object([
        "max_connections": .integer.described("1 to 10,000."),
        "max_messages_per_connection": .integer.described("1 to 100,000."),
        "messages_per_second": .number.described("0.001 to 100,000."),
    ]).named("DestinationLimits")

    init(_ limits: DestinationLimits) {
        maxConnections = limits.maxConnections
        maxMessagesPerConnection = limits.maxMessagesPerConnection
        messagesPerSecond = limits.messagesPerSecond
    }

    init(_ row: PostgresRow) throws(PostgresError) {
        maxConnections = try row["max_connections"]
        maxMessagesPerConnection = try row["max_messages_per_connection"]
        messagesPerSecond = try row["messages_per_second"]
    }

    var isEmpty: Bool { self == LimitsBody(DestinationLimits()) }

    var limits: DestinationLimits {
        DestinationLimits(
            maxConnections: maxConnections, maxMessagesPerConnection: maxMessagesPerConnection,
            messagesPerSecond: messagesPerSecond)
    }
}
