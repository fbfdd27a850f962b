import EventLoop

/// Gets one path after the other, each of a file's lines once, over one connection.
struct PageLoad {
    private let address: SocketAddress
    private let token: String
    private let paths: [String]

    init(_ arguments: inout Arguments) throws {
        let target = try arguments.required("--target")
        guard let address = SocketAddress(target) else {
            throw Arguments.Mistake(description: "\(target) is no address")
        }
        self.address = address
        token = try arguments.required("--token")
        paths = try TextFile.lines(try arguments.required("--paths"))
        try arguments.finish()
    }

    func run() async throws -> String {
        var latencies = Latencies()
        var bytes = 0
        let connection = try await Connection(to: address)
        defer { connection.close() }
        for path in paths {
            let begun = MonotonicTime.now()
            try await connection.write(
                Array("GET \(path) HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer \(token)\r\n\r\n".utf8))
            let answer = try await connection.wholeAnswer()
            guard answer.status == 200 else {
                throw Connection.Unexpected(description: "\(path) got status \(answer.status)")
            }
            bytes += answer.body.count
            latencies.add(MonotonicTime.now() - begun)
        }
        return "{\(latencies.summary()),\"bytes\":\(bytes / max(1, paths.count))}"
    }
}
