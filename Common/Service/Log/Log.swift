/// Structured log: one JSON object a line on standard error.
///
/// A `Log` is a value that names the component and may carry fields of the request at hand (`request_id`,
/// `tenant`);
/// `with` makes one that carries more. A message is a fixed text, so that it can be searched and counted;
/// what varies goes beside it. One call is one line: control characters, terminal sequences and line
/// separators are escaped, so nothing that came from outside can forge a line. Writing never blocks the
/// caller and never fails (see `LogSink`).
///
/// Limits: a text value is cut at `LogLine.maxValueBytes`, and a line holds at most `LogLine.maxFields`
/// fields.
package struct Log: Sendable {
    package let component: String
    package let fields: [String: LogValue]
    private let sink: LogSink

    package init(component: String, fields: [String: LogValue] = [:], to sink: LogSink = .standardError) {
        self.component = component
        self.fields = fields
        self.sink = sink
    }

    /// A log that adds these fields to every line; they win over those of the same name.
    package func with(_ more: [String: LogValue]) -> Log {
        Log(component: component, fields: fields.merging(more) { $1 }, to: sink)
    }

    /// The same fields under another component's name.
    package func named(_ component: String) -> Log { Log(component: component, fields: fields, to: sink) }

    /// True when lines of this level are written: to skip work that only a log line needs.
    package func isWritten(_ level: LogLevel) -> Bool { sink.isWritten(level) }

    package func debug(_ message: StaticString, _ fields: @autoclosure () -> [String: LogValue] = [:]) {
        write(.debug, message, fields)
    }

    package func info(_ message: StaticString, _ fields: @autoclosure () -> [String: LogValue] = [:]) {
        write(.info, message, fields)
    }

    package func warning(_ message: StaticString, _ fields: @autoclosure () -> [String: LogValue] = [:]) {
        write(.warning, message, fields)
    }

    package func error(_ message: StaticString, _ fields: @autoclosure () -> [String: LogValue] = [:]) {
        write(.error, message, fields)
    }

    private func write(_ level: LogLevel, _ message: StaticString, _ more: () -> [String: LogValue]) {
        guard sink.isWritten(level) else { return }
        let all = fields.isEmpty ? more() : fields.merging(more()) { $1 }
        sink.write(
            LogLine.bytes(
                milliseconds: Timestamp.nowMilliseconds(), level: level, component: component,
                message: message,
                fields: all))
    }
}
