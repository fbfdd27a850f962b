import CPostgres
import EventLoop

extension PostgresConnection {
    /// Runs one statement and gives its rows.
    ///
    /// - Parameter timeout: how long to wait for the server; the configuration's statement timeout when nil.
    @discardableResult
    package func query(_ sql: SQL, timeout: Duration? = nil) async throws(PostgresError) -> PostgresRows {
        let parameters = sql.parameters
        try Self.check(parameters)
        let handle = try acquire()
        defer { release() }
        return try await exchange(handle, sql.text, parameters, deadline(timeout))
    }

    /// The protocol's own limit.
    static let maxParameters = 65_535
    /// Well over the largest message, well under what one value may be in PostgreSQL (1 GiB).
    static let maxParameterBytes = 256 << 20

    private static func check(_ parameters: [PostgresParameter]) throws(PostgresError) {
        guard parameters.count <= maxParameters else {
            throw .invalidParameter(
                position: maxParameters + 1, reason: "more values than one statement takes")
        }
        for (index, parameter) in parameters.enumerated() {
            switch parameter.value {
            case .null: continue
            case .invalid(let reason): throw .invalidParameter(position: index + 1, reason: reason)
            case .bytes(let bytes):
                guard bytes.count > maxParameterBytes else { continue }
                throw .invalidParameter(
                    position: index + 1, reason: "is larger than \(maxParameterBytes) bytes")
            }
        }
    }

    /// Runs one statement and gives the number of rows that it changed.
    @discardableResult
    package func execute(_ sql: SQL, timeout: Duration? = nil) async throws(PostgresError) -> Int {
        try await query(sql, timeout: timeout).affected
    }

    /// Runs several statements separated by `;` and drops their rows. They take no values.
    package func run(script: SQL, timeout: Duration? = nil) async throws(PostgresError) {
        guard script.parameters.isEmpty else { throw .misuse("a script takes no values") }
        let handle = try acquire()
        defer { release() }
        let text = script.text
        guard PQsendQuery(handle, text) == 1 else { throw lost(handle) }
        _ = try await outcome(handle, deadline(timeout))
    }

    /// As `run(script:)`, giving the command tag of the last statement.
    func command(_ text: String) async throws(PostgresError) -> String {
        let handle = try acquire()
        defer { release() }
        guard PQsendQuery(handle, text) == 1 else { throw lost(handle) }
        return try await outcome(handle, deadline(nil)).commandTag
    }

    /// The server has its own limit; ours is for a server that has gone silent.
    private func deadline(_ timeout: Duration?) -> MonotonicTime {
        MonotonicTime.now().advanced(by: timeout ?? (configuration.statementTimeout + .seconds(5)))
    }

    private func exchange(
        _ handle: OpaquePointer, _ text: String, _ parameters: [PostgresParameter], _ deadline: MonotonicTime
    ) async throws(PostgresError) -> PostgresRows {
        let key = "\(scope.planKey)\(text)"
        do throws(PostgresError) {
            let name = try await preparedName(handle, key, text, parameters, deadline)
            return try await send(handle, name: name, text, parameters, deadline)
        } catch {
            guard case .server(let refusal) = error, refusal.isStalePlan else { throw error }
            statements.forget(key)
            // Inside a transaction that has failed by this, only its repetition helps.
            guard PQtransactionStatus(handle) == PQTRANS_IDLE else { throw error }
            return try await send(handle, name: nil, text, parameters, deadline)
        }
    }

    /// The name under which the statement is prepared here, or nil when it is to be sent with its text.
    private func preparedName(
        _ handle: OpaquePointer, _ key: String, _ text: String, _ parameters: [PostgresParameter],
        _ deadline: MonotonicTime
    ) async throws(PostgresError) -> String? {
        guard configuration.preparesStatements else { return nil }
        switch statements.choose(key) {
        case .direct: return nil
        case .execute(let name): return name
        case .prepare(let name):
            try await prepare(handle, name: name, text, parameters, deadline)
            statements.prepared(key, name: name)
            return name
        }
    }

    private func prepare(
        _ handle: OpaquePointer, name: String, _ text: String, _ parameters: [PostgresParameter],
        _ deadline: MonotonicTime
    ) async throws(PostgresError) {
        let types = parameters.map { Oid($0.type.oid) }
        guard PQsendPrepare(handle, name, text, Int32(types.count), types) == 1 else { throw lost(handle) }
        _ = try await outcome(handle, deadline)
    }

    private func send(
        _ handle: OpaquePointer, name: String?, _ text: String, _ parameters: [PostgresParameter],
        _ deadline: MonotonicTime
    ) async throws(PostgresError) -> PostgresRows {
        let values = FlatParameters(parameters)
        let isSent = values.withPointers { pointers in
            if let name {
                PQsendQueryPrepared(
                    handle, name, values.count, pointers, values.lengths, values.formats, 1) == 1
            } else {
                PQsendQueryParams(
                    handle, text, values.count, values.types, pointers, values.lengths, values.formats, 1)
                    == 1
            }
        }
        guard isSent else { throw lost(handle) }
        return try await outcome(handle, deadline)
    }
}

/// The values of one statement laid out as libpq takes them: parallel arrays, and pointers into one buffer.
/// libpq copies them before its call returns.
private struct FlatParameters {
    let types: [Oid]
    let lengths: [Int32]
    let formats: [Int32]
    private let bytes: [UInt8]
    private let offsets: [Int?]

    var count: Int32 { Int32(clamping: types.count) }

    init(_ parameters: [PostgresParameter]) {
        var bytes: [UInt8] = []
        var offsets: [Int?] = []
        var lengths: [Int32] = []
        for parameter in parameters {
            guard case .bytes(let value) = parameter.value else {
                offsets.append(nil)
                lengths.append(0)
                continue
            }
            offsets.append(bytes.count)
            lengths.append(Int32(clamping: value.count))
            bytes += value
            bytes.append(0)  // a value in text form ends at a zero byte
        }
        types = parameters.map { Oid($0.type.oid) }
        formats = parameters.map { $0.type.isBinary ? 1 : 0 }
        self.bytes = bytes
        self.offsets = offsets
        self.lengths = lengths
    }

    func withPointers<Result>(_ body: ([UnsafePointer<CChar>?]) -> Result) -> Result {
        bytes.withUnsafeBytes { buffer in
            body(
                offsets.map { offset in
                    offset.flatMap {
                        buffer.baseAddress?.advanced(by: $0).assumingMemoryBound(to: CChar.self)
                    }
                })
        }
    }
}
