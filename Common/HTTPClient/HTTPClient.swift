import CCurl
import EventLoop

/// Sends HTTP requests from an event loop by libcurl's multi interface.
///
/// One for each loop, used by tasks of that loop only. Connections are kept and used again, for each host up
/// to a limit. Every connection, new or used again, passes the `EgressGuard` with the address that it really
/// goes to. The environment has no say: no proxy, no netrc, no redirects unless asked for, http and https
/// alone.
///
/// Fails with `HTTPClientError`; a response of any status is no failure. Limits: see `HTTPClientSettings` and
/// `HTTPClientRequest`. Names are looked up by the system's resolver on threads of libcurl, unless a request
/// brings its addresses in `resolve`.
///
/// Unchecked, because every entry checks that it is on the loop's thread.
package final class HTTPClient: @unchecked Sendable {
    package let settings: HTTPClientSettings
    private let loop: EventLoop
    private let multi: Multi

    package init(on loop: EventLoop, _ settings: HTTPClientSettings) throws(SystemError) {
        self.loop = loop
        self.settings = settings
        multi = try Multi(on: loop, settings)
    }

    deinit {
        let bound = LoopBound(multi, on: loop)
        loop.execute { bound.value.close() }
    }

    /// How many requests are open.
    package var openTransfers: Int { multi.count }

    /// Sends a request and waits for the whole response.
    package func send(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientResponse {
        loop.preconditionIsCurrent()
        guard multi.count < settings.maxTransfers else { throw .busy }
        let url = try HTTPURL(request.url, allowsUserInfo: request.allowsUserInfo)
        try Transfer.check(request)
        guard let easy = multi.takeHandle() else { throw .closed }
        let transfer = Transfer(request, url, settings, easy: easy)
        let result = await withUnsafeContinuation { continuation in
            transfer.continuation = continuation
            multi.start(transfer)
        }
        return try result.get()
    }

    /// Ends every open request with `.closed` and closes all connections. Further requests fail the same way.
    package func close() {
        loop.preconditionIsCurrent()
        multi.close()
    }
}
