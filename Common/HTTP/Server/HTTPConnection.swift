import EventLoop

/// One connection from its first byte to its end. Loop thread only.
final class HTTPConnection {
    /// Answers to requests that were sent ahead are gathered up to this size.
    private static let flushBytes = 64 * 1024
    private static let turnsPerTick = 32
    /// An unread body up to this size does not cost the connection when it has come already.
    private static let maxSkippedBytes = 64 * 1024

    let stream: ByteStream
    /// Nothing of a request has come: the connection may be closed without loss.
    private(set) var isIdle = true

    private let worker: ServerWorker
    private var parser: HTTPRequestParser
    private var writer = ResponseWriter()
    private var body: BodyReader?
    /// How much of the worker's buffered bytes is this connection's.
    private var countedBodyBytes = 0
    private var requestCount = 0
    private var turns = 0
    private var isWriting = false
    private var isFlushPlanned = false
    private var writeWaiter: UnsafeContinuation<Void, Never>?
    /// Where the next request begins is not known any more.
    private var mustClose = false

    init(_ stream: ByteStream, worker: ServerWorker) {
        self.stream = stream
        self.worker = worker
        parser = HTTPRequestParser(limits: worker.configuration.limits)
    }

    private var configuration: HTTPServerConfiguration { worker.configuration }

    /// Serves until either side has had enough. Errors of the connection end it and concern nobody else.
    func serve() async {
        do throws(StreamError) {
            if let tls = worker.tls {
                try await stream.startTLS(server: tls, timeout: configuration.handshakeTimeout)
            }
            while let head = try await nextHead() {
                guard try await answer(head) else { break }
                await giveWay()
            }
        } catch {
            return
        }
    }

    /// Lets the loop serve others now and then: a caller whose bytes are always there already never makes
    /// this task wait otherwise.
    private func giveWay() async {
        turns += 1
        guard turns % Self.turnsPerTick == 0 else { return }
        await withUnsafeContinuation { continuation in worker.loop.execute { continuation.resume() } }
    }

    // MARK: Heads

    /// The next head; nil when the connection is to be closed.
    private func nextHead() async throws(StreamError) -> HTTPRequestHead? {
        var deadline: MonotonicTime?
        while true {
            do throws(HTTPParseError) {
                if let head = try parser.next(in: &stream.input) { return head }
            } catch {
                try await refuse(error.apiError)
                return nil
            }
            try await flush()
            isIdle = stream.input.isEmpty
            if isIdle, worker.isStopping { return nil }
            if !isIdle, deadline == nil { deadline = worker.loop.now.advanced(by: configuration.headTimeout) }
            guard try await fillHead(deadline) else { return nil }
        }
    }

    /// Receives more; false when nothing more will come, or not in time.
    private func fillHead(_ deadline: MonotonicTime?) async throws(StreamError) -> Bool {
        let timeout = deadline.map { max($0 - worker.loop.now, .zero) } ?? configuration.idleTimeout
        do throws(StreamError) {
            return try await stream.fill(timeout: timeout)
        } catch .timedOut where deadline != nil {
            try await refuse(APIError(408, "request_timeout", "The request head came too slowly."))
            return false
        }
    }

    /// Answers bytes that are no request, and ends the connection.
    private func refuse(_ error: APIError) async throws(StreamError) {
        let id = worker.ids.next()
        let response = worker.router.render(
            error, requestID: id.description, path: parser.refusedPath)
        write(response, id: id, closes: true, omitsBody: false)
        log(nil, response, id: id, began: nil)
        try await flush()
        try await drain(nil)
    }

    // MARK: Requests

    /// Answers one request; false when the connection ends with it.
    private func answer(_ head: HTTPRequestHead) async throws(StreamError) -> Bool {
        isIdle = false
        requestCount += 1
        let began = worker.accessLog == nil ? nil : MonotonicTime.now()
        let request = HTTPRequest(head, on: self, id: worker.ids.next())
        body = BodyReader(head, limits: configuration.limits)
        flushWhileWaiting()
        let response = await worker.router.respond(to: request)
        let closes = closesAfter(head)
        write(response, id: request.id, closes: closes, omitsBody: head.method == .head)
        log(request, response, id: request.id, began: began)
        request.finish()
        let unreadBytes = body?.unreadBytes
        releaseBody()
        if closes || writer.output.count >= Self.flushBytes { try await flush() }
        if closes { try await drain(unreadBytes) }
        return !closes
    }

    /// A small body that nobody read but that is here already is skipped; any other unread one ends the
    /// connection, or a caller could feed us bytes for nothing.
    private func closesAfter(_ head: HTTPRequestHead) -> Bool {
        if head.wantsClose || worker.isStopping || mustClose { return true }
        if var unread = body, !unread.isFinished {
            if unread.unreadBytes ?? 0 > Self.maxSkippedBytes { return true }
            guard (try? unread.take(&stream.input, maxBytes: Self.maxSkippedBytes)) == true else {
                return true
            }
        }
        return configuration.maxRequestsPerConnection.map { requestCount >= $0 } ?? false
    }

    private func write(_ response: HTTPResponse, id: RequestID, closes: Bool, omitsBody: Bool) {
        writer.write(response, id: id, date: worker.dates.line(), closes: closes, omitsBody: omitsBody)
    }

    private func flush() async throws(StreamError) {
        if isWriting { await withUnsafeContinuation { writeWaiter = $0 } }
        guard !writer.output.isEmpty else { return }
        isWriting = true
        defer { isWriting = false }
        try await stream.write(writer.output, timeout: configuration.writeTimeout)
        writer.output.removeAll(keepingCapacity: writer.output.capacity <= Self.flushBytes)
    }

    /// Gathered answers leave when the handler of the request behind them waits for something: a task of its
    /// own runs only then.
    private func flushWhileWaiting() {
        guard !writer.output.isEmpty, !isFlushPlanned else { return }
        isFlushPlanned = true
        let connection = LoopBound(self, on: worker.loop)
        worker.loop.spawn { await connection.value.flushAside() }
    }

    private func flushAside() async {
        isFlushPlanned = false
        guard !isWriting, !writer.output.isEmpty else { return }
        isWriting = true
        let bytes = writer.output
        writer.output = []
        // When this fails so does the next write of the connection's own task, which ends it.
        try? await stream.write(bytes, timeout: configuration.writeTimeout)
        isWriting = false
        let waiter = writeWaiter
        writeWaiter = nil
        waiter?.resume()
    }

    private func log(_ request: HTTPRequest?, _ response: HTTPResponse, id: RequestID, began: MonotonicTime?)
    {
        guard let accessLog = worker.accessLog else { return }
        accessLog(
            HTTPAccessRecord(
                method: request?.method, routePattern: request?.routePattern, status: response.status,
                duration: began.map { MonotonicTime.now() - $0 } ?? .zero,
                requestBodyBytes: body?.receivedBytes ?? 0, responseBodyBytes: response.body.count, id: id,
                remoteAddress: stream.remoteAddress))
    }
}

// MARK: - Bodies

extension HTTPConnection {
    /// Receives the whole body of the request that is being answered.
    func readBody(of request: HTTPRequest, maxBytes: Int) async throws(HTTPError) -> [UInt8] {
        guard var reader = body else { throw .disconnected }
        // The reader is taken out while it is used, so that its array is not copied for each piece.
        body = nil
        defer { body = reader }
        try await receive(into: &reader, of: request, maxBytes) { _ in }
        return reader.bytes
    }

    /// Receives the body in pieces, each of which `take` sees once; nothing is kept of them. What it throws
    /// is the result, after the rest was received and dropped.
    func readBody<Failure: Error>(
        of request: HTTPRequest, maxBytes: Int, _ take: (ArraySlice<UInt8>) throws(Failure) -> Void
    ) async throws(HTTPError) -> Result<Void, Failure> {
        guard var reader = body else { throw .disconnected }
        body = nil
        defer { body = reader }
        var failure: Failure?
        try await receive(into: &reader, of: request, maxBytes) { reader in
            if failure == nil {
                do throws(Failure) { try take(reader.bytes[...]) } catch { failure = error }
            }
            reader.drop()
        }
        return failure.map { .failure($0) } ?? .success(())
    }

    /// - Parameter took: told of each piece, when it has come.
    private func receive(
        into reader: inout BodyReader, of request: HTTPRequest, _ maxBytes: Int,
        took: (inout BodyReader) -> Void
    ) async throws(HTTPError) {
        do throws(HTTPError) {
            if case .length(let length) = request.head.framing, length > maxBytes {
                throw .bodyTooLarge(maxBytes: maxBytes)
            }
            try await invite(request)
            let began = MonotonicTime.now()
            while true {
                let isFinished = try take(&reader, maxBytes)
                took(&reader)
                count(reader)
                if isFinished { return }
                guard reader.receivedBytes <= maxBytes else { throw .bodyTooLarge(maxBytes: maxBytes) }
                guard worker.bufferedBodyBytes <= configuration.maxBufferedBodyBytesPerLoop else {
                    throw .overloaded
                }
                try await fillBody(began, received: reader.receivedBytes)
                await giveWay()
            }
        } catch {
            mustClose = true
            throw error
        }
    }

    private func take(_ reader: inout BodyReader, _ maxBytes: Int) throws(HTTPError) -> Bool {
        do throws(HTTPParseError) {
            return try reader.take(&stream.input, maxBytes: maxBytes)
        } catch {
            throw .malformed(error)
        }
    }

    /// Sends what is due before the caller can be expected to send more: earlier answers and `100 Continue`.
    private func invite(_ request: HTTPRequest) async throws(HTTPError) {
        if request.head.expectsContinue, request.head.framing != .none, stream.input.isEmpty {
            writer.writeContinue()
        }
        do { try await flush() } catch { throw .disconnected }
    }

    private func fillBody(_ began: MonotonicTime, received: Int) async throws(HTTPError) {
        let floor = max(configuration.minBodyBytesPerSecond, 1)
        let allowed = configuration.bodyTimeout + .milliseconds(Int64(received / floor) * 1000)
        let left = allowed - (MonotonicTime.now() - began)
        guard left > .zero else { throw .bodyTooSlow }
        do throws(StreamError) {
            guard try await stream.fill(timeout: left) else { throw .closed }
        } catch .timedOut {
            throw .bodyTooSlow
        } catch {
            throw .disconnected
        }
    }

    private func count(_ reader: BodyReader) {
        worker.bufferedBodyBytes += reader.receivedBytes - countedBodyBytes
        countedBodyBytes = reader.receivedBytes
    }

    private func releaseBody() {
        worker.bufferedBodyBytes -= countedBodyBytes
        countedBodyBytes = 0
        body = nil
    }

    /// Reads and drops what the caller still sends, so that closing does not reset the connection before the
    /// caller has read the answer (RFC 9112 §9.6).
    ///
    /// - Parameter expected: bytes of a body that are to come; nil when that is not known.
    private func drain(_ expected: Int?) async throws(StreamError) {
        let end = MonotonicTime.now().advanced(by: configuration.drainTimeout)
        let pause: Duration = expected == nil ? configuration.lingerTimeout : .seconds(2)
        let limit = min(expected ?? .max, configuration.maxDrainBytes)
        var dropped = stream.input.count
        stream.input.clear()
        while dropped < limit {
            let left = end - MonotonicTime.now()
            guard left > .zero, try await stream.fill(timeout: min(left, pause)) else { return }
            dropped += stream.input.count
            stream.input.clear()
            await giveWay()
        }
    }
}
