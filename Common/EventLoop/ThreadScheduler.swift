/// Decides, in place of the operating system, which threads of a program run and what time it is.
///
/// All waiting in this code base ends in one of few places: a `Condition`, a `Gate`, the pause of an
/// `EventLoop`. What is made on a thread of such a scheduler asks it there instead of the kernel, and threads
/// that are started there are its threads, so that a whole node, as it ships, runs under it: one thread at a
/// time, in an order and at times that a seed decides. What is made on any other thread pays for this with
/// one look at a stored nil.
package protocol ThreadScheduler: AnyObject, Sendable {
    /// The time on every thread of this scheduler.
    var now: MonotonicTime { get }

    /// Starts a thread; its body begins when its turn comes.
    func startThread(name: String, _ body: @escaping @Sendable () -> Void)

    /// Suspends the calling thread until `wake` names the same object or the time comes. May return early:
    /// the caller looks again. The caller holds no lock.
    func wait(on object: ObjectIdentifier, until deadline: MonotonicTime?)

    /// Makes the threads that wait on an object ready to run. May be called by any of its threads, under
    /// locks.
    func wake(_ object: ObjectIdentifier)
}
