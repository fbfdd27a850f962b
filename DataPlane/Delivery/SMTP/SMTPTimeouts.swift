/// How long the client waits for the other side. The defaults are the least values of RFC 5321 §4.5.3.2, but
/// for the connection itself, of which there are usually several to try.
package struct SMTPTimeouts: Sendable, Hashable {
    package var connect: Duration = .seconds(30)
    package var handshake: Duration = .seconds(60)
    /// The initial 220.
    package var greeting: Duration = .seconds(300)
    package var hello: Duration = .seconds(300)
    package var mail: Duration = .seconds(300)
    package var recipient: Duration = .seconds(300)
    /// The 354.
    package var data: Duration = .seconds(120)
    /// Each time that the other side does not read.
    package var block: Duration = .seconds(180)
    /// The reply to the final dot.
    package var endOfData: Duration = .seconds(600)
    package var reset: Duration = .seconds(20)
    package var quit: Duration = .seconds(2)

    package init() {}

    /// The same time for everything.
    package init(all duration: Duration) {
        (connect, handshake, greeting, hello, mail, recipient) =
            (duration, duration, duration, duration, duration, duration)
        (data, block, endOfData, reset, quit) = (duration, duration, duration, duration, duration)
    }
}
