/// The settings that every program of ours has.
package struct ServiceSettings: Sendable {
    /// Log lines below this level are not written.
    package let logLevel: LogLevel
    /// How long a program may take to stop after the first signal.
    package let stopDeadline: Duration

    package init(reading reader: inout SettingsReader) {
        logLevel = reader.choice(
            "DISPATCH_LOG_LEVEL", default: LogLevel.info, help: "Least severe level that is logged.")
        stopDeadline = reader.duration(
            "DISPATCH_STOP_DEADLINE", default: .seconds(30), in: .seconds(1) ... .seconds(3_600),
            help: "How long a stopping process may take to finish its work before it ends anyway.")
    }
}
