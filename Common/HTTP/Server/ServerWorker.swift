import EventLoop

/// What the connections of one server on one loop share. Loop thread only.
final class ServerWorker {
    let loop: EventLoop
    let configuration: HTTPServerConfiguration
    let router: Router
    let accessLog: HTTPServer.AccessLog?
    var tls: TLSServerContext?
    var dates = DateCache()
    var ids = RequestIDSource()
    /// What request bodies on this loop hold at the moment.
    var bufferedBodyBytes = 0
    private(set) var isStopping = false
    /// All loops' connections, for the metrics.
    private let openConnections: Locked<Int>
    private var connections: [ObjectIdentifier: HTTPConnection] = [:]

    init(
        loop: EventLoop, configuration: HTTPServerConfiguration, router: Router,
        accessLog: HTTPServer.AccessLog?, tls: TLSServerContext?, openConnections: Locked<Int>
    ) {
        self.openConnections = openConnections
        self.loop = loop
        self.configuration = configuration
        self.router = router
        self.accessLog = accessLog
        self.tls = tls
    }

    func serve(_ stream: ByteStream) async {
        guard !isStopping else { return }
        let connection = HTTPConnection(stream, worker: self)
        connections[ObjectIdentifier(connection)] = connection
        openConnections.withLock { $0 += 1 }
        await connection.serve()
        openConnections.withLock { $0 -= 1 }
        connections[ObjectIdentifier(connection)] = nil
    }

    func beginStop() {
        isStopping = true
        for connection in connections.values where connection.isIdle { connection.stream.close() }
    }

    func finishStop(by end: MonotonicTime) async {
        while !connections.isEmpty, loop.now < end { await loop.sleep(.milliseconds(5)) }
        for connection in connections.values { connection.stream.close() }
    }
}
