import EventLoop
import FoundationEssentials
import Glibc

/// Makes a key, waits until every node knows it, revokes it, and takes the time from the control plane's
/// answer to when the last node refuses it; again and again, in one tenant after the other.
struct RevocationLoad {
    private struct Made: Decodable {
        struct Key: Decodable {
            let id: String
            let key: String
        }
        let data: Key
    }

    private static let pause: Duration = .milliseconds(2)
    private static let patience: Duration = .seconds(60)

    private let control: SocketAddress
    private let nodes: [SocketAddress]
    private let token: String
    private let tenants: [String]
    private let count: Int

    init(_ arguments: inout Arguments) throws {
        func address(_ text: String) throws -> SocketAddress {
            guard let address = SocketAddress(text) else {
                throw Arguments.Mistake(description: "\(text) is no address")
            }
            return address
        }
        control = try address(try arguments.required("--target"))
        nodes = try arguments.required("--nodes").split(separator: ",").map { try address(String($0)) }
        token = try arguments.required("--token")
        tenants = try TextFile.lines(try arguments.required("--tenants"))
        count = try arguments.int("--count", default: 20)
        guard !tenants.isEmpty else { throw Arguments.Mistake(description: "there is no tenant") }
        try arguments.finish()
    }

    func run(on loop: EventLoop) async throws -> String {
        var (known, revoked) = (Latencies(), Latencies())
        for number in 0..<count {
            let tenant = tenants[number &* 7_919 % tenants.count]
            let path = "/api/v1/dispatch/tenants/\(tenant)/api-keys"
            let answer = try await call(
                control, "POST", path, token, #"{"name":"bench","scopes":["emails:send"]}"#)
            guard answer.status == 201 else {
                throw Connection.Unexpected(description: "making a key got status \(answer.status)")
            }
            let made = try JSONDecoder().decode(Made.self, from: Data(answer.body)).data
            known.add(try await wait(until: false, made.key, on: loop))
            let gone = try await call(control, "DELETE", "\(path)/\(made.id)", token, nil)
            guard gone.status == 200 else {
                throw Connection.Unexpected(description: "revoking a key got status \(gone.status)")
            }
            revoked.add(try await wait(until: true, made.key, on: loop))
        }
        return "{\"revoked\":{\(revoked.summary())},\"known\":{\(known.summary())}}"
    }

    /// How long until the last node refuses the key, or takes it and then complains of an empty message.
    private func wait(until isRefused: Bool, _ key: String, on loop: EventLoop) async throws -> Duration {
        let begun = MonotonicTime.now()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for node in nodes {
                tasks.addTask {
                    let connection = try await Connection(to: node)
                    defer { connection.close() }
                    while true {
                        try await connection.write(request("POST", "/api/v1/messages", key, "{}"))
                        if (try await connection.wholeAnswer().status == 401) == isRefused { return }
                        guard MonotonicTime.now() - begun < Self.patience else {
                            throw Connection.Unexpected(description: "a node never learnt of a key")
                        }
                        await loop.sleep(Self.pause)
                    }
                }
            }
            try await tasks.waitForAll()
        }
        return MonotonicTime.now() - begun
    }

    private func call(
        _ address: SocketAddress, _ method: String, _ path: String, _ token: String, _ body: String?
    ) async throws -> (status: Int, body: [UInt8]) {
        let connection = try await Connection(to: address)
        defer { connection.close() }
        try await connection.write(request(method, path, token, body))
        return try await connection.wholeAnswer()
    }

    private func request(_ method: String, _ path: String, _ token: String, _ body: String?) -> [UInt8] {
        var text = "\(method) \(path) HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer \(token)\r\n"
        if let body { text += "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n" }
        return Array("\(text)\r\n\(body ?? "")".utf8)
    }
}
