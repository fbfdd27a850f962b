import EventLoop
import Service

/// Every setting of the mail catcher, read and checked once at start.
struct CatcherSettings: Sendable {
    let service: ServiceSettings
    let smtpAddress: String
    let httpAddress: String
    let maxMessages: Int
    let maxWebhooks: Int
    let maxKeptBytes: Int
    let maxMessageBytes: Int
    let manners: Manners

    init(reading reader: inout SettingsReader) {
        service = ServiceSettings(reading: &reader)
        smtpAddress = reader.socketAddress(
            "DISPATCH_CATCHER_SMTP", default: "127.0.0.1:1025", help: "Where mail is taken.")
        httpAddress = reader.socketAddress(
            "DISPATCH_CATCHER_HTTP", default: "127.0.0.1:1080",
            help: "Where what was caught is shown, and webhooks are taken.")
        maxMessages = reader.int(
            "DISPATCH_CATCHER_MAX_MESSAGES", default: 10_000, in: 1...1_000_000, unit: "messages",
            help: "Kept in memory at one time; the oldest go first.")
        maxWebhooks = reader.int(
            "DISPATCH_CATCHER_MAX_WEBHOOKS", default: 10_000, in: 1...1_000_000, unit: "webhooks",
            help: "Kept in memory at one time; the oldest go first.")
        maxKeptBytes = reader.bytes(
            "DISPATCH_CATCHER_MAX_KEPT", default: 256 << 20, in: (1 << 20)...(64 << 30),
            help: "Memory for messages, and the same again for webhooks.")
        maxMessageBytes = reader.bytes(
            "DISPATCH_CATCHER_MAX_MESSAGE", default: 64 << 20, in: 1024...(1 << 30),
            help: "Size of one message.")
        manners = Manners(
            rejectPrefix: reader.string(
                "DISPATCH_CATCHER_REJECT", default: "reject",
                help: "Local parts, and names of webhooks, that begin so are refused for good."),
            deferPrefix: reader.string(
                "DISPATCH_CATCHER_DEFER", default: "defer", help: "Those that begin so are refused for now."),
            slowPrefix: reader.string(
                "DISPATCH_CATCHER_SLOW", default: "slow", help: "Those that begin so are answered late."),
            slowDelay: reader.duration(
                "DISPATCH_CATCHER_SLOW_DELAY", default: .seconds(5), in: .zero ... .seconds(600),
                help: "How late."))
    }
}
