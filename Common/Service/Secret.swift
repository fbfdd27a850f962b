/// A text that must not leak: a password, a key, a token, a connection string.
///
/// It prints as `[secret]` in every way that Swift prints a value (description, debug description,
/// reflection, interpolation), so a log line, an error or a crash dump that contains one shows nothing of it.
/// The text is read at the one place that needs it, by `revealed`, which is easy to search for.
package struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// The text itself. Only for the call that needs it; never for a log line or an error.
    package let revealed: String

    package init(_ text: String) {
        self.revealed = text
    }

    package var isEmpty: Bool { revealed.isEmpty }
    package var description: String { "[secret]" }
    package var debugDescription: String { "[secret]" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
