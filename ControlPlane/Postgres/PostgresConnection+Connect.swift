import CPostgres
import EventLoop
import Glibc

extension PostgresConnection {
    /// Opens a session on the current loop. Throws `unavailable` when the server is away or refuses us.
    package static func connect(_ configuration: PostgresConfiguration) async throws(PostgresError)
        -> PostgresConnection
    {
        guard let loop = EventLoop.current else { throw .misuse("connect was called away from a loop") }
        let deadline = MonotonicTime.now().advanced(by: configuration.connectTimeout)
        guard let handle = await start(configuration) else { throw .unavailable("out of memory") }
        do throws(PostgresError) {
            try await poll(handle, on: loop, until: deadline)
        } catch {
            PQfinish(handle)
            throw error
        }
        PQsetNoticeReceiver(handle, { _, _ in }, nil)
        let connection = PostgresConnection(handle: handle, configuration: configuration, loop: loop)
        try await connection.prepareSession()
        return connection
    }

    private func prepareSession() async throws(PostgresError) {
        guard let handle, PQsetnonblocking(handle, 1) == 0 else {
            throw .unavailable("socket cannot be set up")
        }
        do throws(PostgresError) {
            try await run(script: configuration.sessionSettings, timeout: configuration.connectTimeout)
        } catch {
            close()
            throw .unavailable(error.description)
        }
    }

    /// libpq resolves the host's name here, which blocks: it is done on a thread of its own.
    private static func start(_ configuration: PostgresConfiguration) async -> OpaquePointer? {
        let address: UInt = await withUnsafeContinuation { continuation in
            SystemThread.start(name: "pg-connect") {
                continuation.resume(returning: UInt(bitPattern: startBlocking(configuration)))
            }
        }
        return OpaquePointer(bitPattern: address)
    }

    private static func startBlocking(_ configuration: PostgresConfiguration) -> OpaquePointer? {
        // Keywords after `dbname` override what the URI says of them.
        let options = [
            ("dbname", configuration.url), ("client_encoding", "UTF8"),
            ("fallback_application_name", configuration.applicationName), ("keepalives_idle", "30"),
            ("tcp_user_timeout", "30000"),
        ]
        var keywords: [UnsafePointer<CChar>?] = options.map { UnsafePointer(strdup($0.0)) }
        var values: [UnsafePointer<CChar>?] = options.map { UnsafePointer(strdup($0.1)) }
        defer { for text in keywords + values { free(UnsafeMutablePointer(mutating: text)) } }
        keywords.append(nil)
        values.append(nil)
        return PQconnectStartParams(keywords, values, 1)
    }

    private static func poll(
        _ handle: OpaquePointer, on loop: EventLoop, until deadline: MonotonicTime
    ) async throws(PostgresError) {
        var status = PGRES_POLLING_WRITING
        if PQstatus(handle) == CONNECTION_BAD { throw .unavailable(message(handle)) }
        while true {
            switch status {
            case PGRES_POLLING_OK: return
            case PGRES_POLLING_READING, PGRES_POLLING_WRITING:
                // The socket changes when libpq moves on to another address.
                let socket = PQsocket(handle)
                guard socket >= 0 else { throw .unavailable(message(handle)) }
                let rest = deadline - MonotonicTime.now()
                do throws(StreamError) {
                    if status == PGRES_POLLING_READING {
                        try await loop.waitReadable(socket, timeout: max(rest, .zero))
                    } else {
                        try await loop.waitWritable(socket, timeout: max(rest, .zero))
                    }
                } catch .timedOut {
                    throw .unavailable("no session within \(rest)")
                } catch {
                    // An error on the socket is libpq's to explain.
                }
            default: throw .unavailable(message(handle))
            }
            if MonotonicTime.now() > deadline { throw .unavailable("no session in time") }
            status = PQconnectPoll(handle)
        }
    }
}
