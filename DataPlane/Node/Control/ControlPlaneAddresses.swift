import EventLoop

/// The base URLs of the control planes of one cluster, any of which answers everything.
///
/// The node stays with the one that answers and turns to the next when it does not, so a control plane that
/// is down costs one failed request, not one in two. Any task may call.
final class ControlPlaneAddresses: Sendable {
    private let urls: [String]
    private let current = Locked(0)

    /// - Parameter urls: at least one.
    init(_ urls: [String]) { self.urls = urls }

    /// All of them, the one that is asked first first.
    var inOrder: [String] {
        let first = current.withLock { $0 }
        return Array(urls[first...] + urls[..<first])
    }

    /// Says that one did not answer: from now on the next is asked first. Changes nothing when another task
    /// has turned away from it already.
    func failed(_ url: String) {
        current.withLock { current in
            if urls[current] == url { current = (current + 1) % urls.count }
        }
    }
}
