/// Where the events of durable groups go. The spool calls it from its writer thread; it must not block on a
/// disk.
package protocol JournalSink: AnyObject, Sendable {
    /// The events of all groups up to this one are durable.
    var durableSequence: UInt64 { get }
    /// False while so many events wait for the journal's disk that no new entries should come.
    var hasRoom: Bool { get }
    /// Takes the events of a durable group, perhaps none. Sequences rise, one at a time.
    func append(sequence: UInt64, events: [[UInt8]])
    /// Calls `body` on any thread once `durableSequence` has reached `sequence`, and sees to it that it does
    /// soon.
    func whenDurable(_ sequence: UInt64, _ body: @escaping @Sendable () -> Void)
}
