import EventLoop
import Glibc

/// Sends messages to the ingestion API, at a constant rate or as fast as the answers come, each in the name
/// of the next of several accounts.
struct HTTPLoad {
    private let address: SocketAddress
    private let rate: Int
    private let count: Int
    private let connections: Int
    private let requests: [[UInt8]]
    /// What keys begin with, different in each run; nil without keys.
    private let keys: String?

    init(_ arguments: inout Arguments) throws {
        let target = try arguments.required("--target")
        guard let address = SocketAddress(target) else {
            throw Arguments.Mistake(description: "\(target) is no address")
        }
        self.address = address
        rate = try arguments.int("--rate", default: 0)
        count = try arguments.int("--count", default: 1)
        connections = try arguments.int("--connections", default: 64)
        keys = arguments.flag("--keyed") ? "\(getpid())-\(MonotonicTime.now().nanoseconds)-" : nil
        let accounts = try Account.read(try arguments.required("--accounts"))
        let recipients = Self.recipients(
            try arguments.required("--to"), try arguments.int("--recipients", default: 1))
        let text = String(
            repeating: "0123456789abcde ", count: try arguments.int("--text-bytes", default: 2_048) / 16)
        requests = accounts.map { $0.request(host: target, recipients: recipients, text: text) }
        try arguments.finish()
    }

    /// Answers that were not 202 count as failed.
    func run(on loop: EventLoop) async -> String {
        let schedule = Schedule.start(rate: rate, count: count, on: loop)
        let results = LoopBound((latencies: Latencies(), next: 0, error: ""), on: loop)
        let begun = MonotonicTime.now()
        await withTaskGroup(of: Void.self) { tasks in
            for _ in 0..<min(connections, count) {
                tasks.addTask {
                    var open: Connection?
                    while let planned = await schedule.value.next() {
                        let request = request(results.value.next)
                        results.value.next += 1
                        do {
                            let connection = if let open { open } else { try await Connection(to: address) }
                            open = connection
                            try await connection.write(request)
                            let status = try await connection.answer()
                            if status == 202 {
                                results.value.latencies.add(MonotonicTime.now() - planned)
                            } else {
                                results.value.latencies.fail()
                                results.value.error = "status \(status)"
                            }
                        } catch {
                            open?.close()
                            open = nil
                            results.value.latencies.fail()
                            results.value.error = "\(error)"
                        }
                    }
                    open?.close()
                }
            }
        }
        let seconds = Double((MonotonicTime.now() - begun).wholeNanoseconds) / 1e9
        if !results.value.error.isEmpty { complain("the last failure: \(results.value.error)") }
        let latencies = results.value.latencies
        return "{\"per_s\":\(fixed(Double(latencies.count) / seconds)),\(latencies.summary())}"
    }

    private func request(_ number: Int) -> [UInt8] {
        var request = requests[number % requests.count]
        guard let keys, let line = request.firstIndex(of: 10) else { return request }
        request.insert(contentsOf: "Idempotency-Key: \(keys)\(number)\r\n".utf8, at: line + 1)
        return request
    }

    /// One address as it is, several as `r1-…`, `r2-…`.
    private static func recipients(_ address: String, _ count: Int) -> String {
        let all = count == 1 ? [address] : (1...max(count, 1)).map { "r\($0)-\(address)" }
        return all.map { "\"\($0)\"" }.joined(separator: ",")
    }
}

/// Who sends: one line of a file, `tenant key domain`.
private struct Account {
    let key: Substring
    let domain: Substring

    static func read(_ path: String) throws -> [Account] {
        guard let file = fopen(path, "re") else { throw SystemError.last("open \(path)") }
        defer { fclose(file) }
        var accounts: [Account] = []
        var line = [CChar](repeating: 0, count: 4_096)
        while fgets(&line, Int32(line.count), file) != nil {
            let text = String(
                decoding: line.prefix { $0 != 0 && $0 != 10 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            let words = text.split(separator: " ")
            if words.count == 3 { accounts.append(Account(key: words[1], domain: words[2])) }
        }
        guard !accounts.isEmpty else { throw Arguments.Mistake(description: "\(path) has no account") }
        return accounts
    }

    func request(host: String, recipients: String, text: String) -> [UInt8] {
        let body =
            "{\"from\":\"news@\(domain)\",\"to\":[\(recipients)],\"subject\":\"Hello\",\"text\":\"\(text)\"}"
        return Array(
            ("POST /api/v1/messages HTTP/1.1\r\nHost: \(host)\r\nAuthorization: Bearer \(key)\r\n"
                + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)").utf8)
    }
}
