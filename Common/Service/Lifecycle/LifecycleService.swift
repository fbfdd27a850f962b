/// A part of a program that starts and stops: a listener, a spool, an uplink.
package protocol LifecycleService: Sendable {
    /// For the log.
    var name: String { get }
    /// Returns when the service works; what it does from then on runs in tasks and loops of its own. Runs on
    /// the loop that was given to `Lifecycle.run`. A throw ends the program.
    func start() async throws
    /// Returns when the service has finished what it had taken on. Called at most once, only after `start`
    /// succeeded.
    func stop() async
}
