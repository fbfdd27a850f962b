import EventLoop

/// Carries an object that one thread made to the one thread that will own it.
///
/// Unchecked, because whoever makes it gives the object up, and `take` gives it out once.
package final class Handover<Value>: @unchecked Sendable {
    private let value: Locked<Value?>

    package init(_ value: Value) { self.value = Locked(value) }

    /// The object, the first time; nil afterwards.
    package func take() -> Value? {
        value.withLock { value in
            defer { value = nil }
            return value
        }
    }
}
