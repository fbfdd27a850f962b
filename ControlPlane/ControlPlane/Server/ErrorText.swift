import HTTP

/// An error as the person at a command line is told it.
package enum ErrorText {
    package static func of(_ error: any Error) -> String {
        (error as? APIError)?.message ?? "\(error)"
    }
}
