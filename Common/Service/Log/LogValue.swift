/// A value beside a log message. Secrets have no form here: an interpolated `Secret` prints as `[secret]`.
package enum LogValue: Sendable, Equatable {
    case string(String)
    case int(Int)
    case double(Double)
    case bool(Bool)

    /// An error's description, as text.
    package static func error(_ error: any Error) -> Self { .string("\(error)") }
    /// Anything's description, as text.
    package static func describing(_ value: some CustomStringConvertible) -> Self {
        .string(value.description)
    }
    /// A duration in milliseconds, as a number.
    package static func milliseconds(_ duration: Duration) -> Self { .double(duration / .milliseconds(1)) }
}

extension LogValue: ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int) { self = .int(value) }
    package init(floatLiteral value: Double) { self = .double(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
}
