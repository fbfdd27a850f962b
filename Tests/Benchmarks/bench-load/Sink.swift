import EventLoop

/// A mail host with bad manners, for what a queue has to stand: one that is slow, one that takes few
/// connections, one that never says a word. It keeps nothing but, in a ledger, when it took which recipient.
struct Sink {
    /// How it treats those who connect.
    struct Manners: Sendable {
        /// Sessions at one time; further ones get 421.
        var maxSessions: Int
        /// Between the end of a message and the answer, on average: each is drawn from half of it to one and
        /// a half, because sessions that all took equally long would end together for ever.
        var delayMilliseconds: Int
        /// Answers a second to ends of messages, in the order of those; 0 is no limit.
        var rate: Int
        /// Connections are taken and never answered.
        var hangs: Bool
    }

    private let address: SocketAddress
    private let ledger: String?
    private let manners: Manners

    init(_ arguments: inout Arguments) throws {
        let listen = try arguments.required("--listen")
        guard let address = SocketAddress(listen) else {
            throw Arguments.Mistake(description: "\(listen) is no address")
        }
        self.address = address
        ledger = arguments.text("--ledger")
        manners = Manners(
            maxSessions: try arguments.int("--sessions", default: 10_000),
            delayMilliseconds: try arguments.int("--delay-ms", default: 0),
            rate: try arguments.int("--rate", default: 0), hangs: arguments.flag("--hang"))
        try arguments.finish()
    }

    /// Runs until the process is ended.
    func run(on loop: EventLoop) async throws {
        let listener = try Listener(address)
        let ledger = try self.ledger.map { LoopBound(try Ledger(path: $0), on: loop) }
        let counter = LoopBound(Counter(), on: loop)
        listener.accept(on: loop, maxConnections: 60_000) { [manners] stream in
            counter.value.open += 1
            await SinkSession(
                stream: stream, manners: manners, isTooMany: counter.value.open > manners.maxSessions,
                counter: counter, ledger: ledger
            ).run()
            counter.value.open -= 1
        }
        if let ledger { await Ledger.flushForEver(ledger) }
        while true { await loop.sleep(.seconds(3_600)) }
    }

    /// What all sessions share.
    struct Counter {
        var open = 0
        /// When the next answer may leave, where there is a rate.
        var nextAnswer = MonotonicTime.now()
    }
}
