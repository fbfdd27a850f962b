import CPostgres
import EventLoop

extension PostgresConnection {
    /// Sends what is queued, reads every result of the exchange and gives the last, or throws the first
    /// refusal.
    func outcome(_ handle: OpaquePointer, _ deadline: MonotonicTime) async throws(PostgresError)
        -> PostgresRows
    {
        let results: [PostgresRows]
        do throws(StreamError) {
            try await flush(handle, deadline)
            results = try await receive(handle, deadline)
        } catch {
            abandon()
            throw error == .timedOut ? .timedOut : .connectionLost(Self.reason(error, handle))
        }
        if let refusal = results.first(where: { $0.status == PGRES_FATAL_ERROR }) {
            throw self.refusal(refusal, handle)
        }
        guard let last = results.last else { throw lost(handle) }
        return last
    }

    /// The session cannot take a statement: it broke, whoever noticed first.
    func lost(_ handle: OpaquePointer) -> PostgresError {
        abandon()
        return .connectionLost(Self.message(handle))
    }

    private func flush(_ handle: OpaquePointer, _ deadline: MonotonicTime) async throws(StreamError) {
        while true {
            let left = PQflush(handle)
            guard left >= 0 else { throw .reset }
            guard left > 0 else { return }
            try await loop.waitWritable(PQsocket(handle), timeout: try remaining(deadline))
        }
    }

    private func receive(
        _ handle: OpaquePointer, _ deadline: MonotonicTime
    ) async throws(StreamError) -> [PostgresRows] {
        var results: [PostgresRows] = []
        while true {
            while PQisBusy(handle) == 1 {
                try await loop.waitReadable(PQsocket(handle), timeout: try remaining(deadline))
                guard PQconsumeInput(handle) == 1 else { throw .reset }
            }
            guard let result = PQgetResult(handle) else { return results }
            let rows = PostgresRows(result)
            switch rows.status {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY, PGRES_FATAL_ERROR: results.append(rows)
            default: throw .unexpectedData  // COPY, which nobody here starts
            }
        }
    }

    private func remaining(_ deadline: MonotonicTime) throws(StreamError) -> Duration {
        let rest = deadline - MonotonicTime.now()
        guard rest > .zero else { throw .timedOut }
        return rest
    }

    private func refusal(_ result: PostgresRows, _ handle: OpaquePointer) -> PostgresError {
        // Without a condition it is libpq that speaks: the connection is gone.
        guard let code = result.field(.sqlState) else { return lost(handle) }
        let state = SQLState(rawValue: code)
        if state == .queryCancelled { return .timedOut }
        if state.endsSession || PQstatus(handle) != CONNECTION_OK {
            abandon()
            return .connectionLost("SQLSTATE \(state)")
        }
        return .server(
            ServerError(
                sqlState: state, constraint: result.field(.constraint), table: result.field(.table),
                column: result.field(.column),
                message: state.conditionClass == "22" ? nil : result.field(.message)))
    }

    private static func reason(_ error: StreamError, _ handle: OpaquePointer) -> String {
        let text = message(handle)
        return text.isEmpty ? "\(error)" : text
    }
}
