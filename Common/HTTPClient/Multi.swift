import CCurl
import EventLoop
import Glibc

/// A multi handle of libcurl on an event loop: libcurl says which descriptors and which time it waits for,
/// the loop tells it when they come, and finished transfers are handed out. On the loop's thread only.
final class Multi {
    private static let maxIdleHandles = 64
    /// libcurl wants this once a process, before anything else.
    private static let isReady: Bool = curl_global_init(Int(CURL_GLOBAL_SSL | CURL_GLOBAL_WIN32)) == CURLE_OK

    private let loop: EventLoop
    private var multi: UnsafeMutableRawPointer?
    private var watches: [curl_socket_t: Watch] = [:]
    private var timer: TimerHandle?
    private var transfers: [UnsafeMutableRawPointer: Transfer] = [:]
    private var idleHandles: [UnsafeMutableRawPointer] = []
    /// `host:port` of names that libcurl's cache may hold an address of a request for.
    private var pinned: Set<String> = []

    init(on loop: EventLoop, _ settings: HTTPClientSettings) throws(SystemError) {
        guard Self.isReady, let multi = curl_multi_init() else {
            throw SystemError(code: ENOMEM, operation: "curl_multi_init")
        }
        self.loop = loop
        self.multi = multi
        let me = Unmanaged.passUnretained(self).toOpaque()
        ccurl_multi_set_socket_function(multi, onSocket)
        ccurl_multi_set_pointer(multi, CURLMOPT_SOCKETDATA, me)
        ccurl_multi_set_timer_function(multi, onTimer)
        ccurl_multi_set_pointer(multi, CURLMOPT_TIMERDATA, me)
        ccurl_multi_set_long(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, settings.maxConnections)
        ccurl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, settings.maxConnections)
        ccurl_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, settings.maxConnectionsPerHost)
    }

    deinit {
        // Off the loop, which has then ended, nothing here can be undone in order any more.
        if loop.isCurrent { close() }
    }

    var count: Int { transfers.count }

    /// A fresh easy handle, or nil when there is no memory for one or this is closed.
    func takeHandle() -> UnsafeMutableRawPointer? {
        guard multi != nil else { return nil }
        return idleHandles.popLast() ?? curl_easy_init()
    }

    func start(_ transfer: Transfer) {
        guard let multi else { return transfer.fail(.closed) }
        transfers[transfer.easy] = transfer
        transfer.setResolve(forgetting: pinned)
        for name in transfer.pinnedNames { pin(name) }
        let code = curl_multi_add_handle(multi, transfer.easy)
        guard code != CURLM_OK else { return }
        release(transfer)
        transfer.fail(.other(Int32(code.rawValue), String(cString: curl_multi_strerror(code))))
    }

    private func pin(_ name: String) {
        // libcurl forgets an address after a minute by itself; this only bounds what we remember of it.
        if pinned.count > 10_000 { pinned.removeAll() }
        pinned.insert(name)
    }

    func close() {
        guard let multi else { return }
        self.multi = nil
        let open = transfers.values
        transfers.removeAll()
        for transfer in open {
            curl_multi_remove_handle(multi, transfer.easy)
            curl_easy_cleanup(transfer.easy)
        }
        for easy in idleHandles { curl_easy_cleanup(easy) }
        idleHandles.removeAll()
        curl_multi_cleanup(multi)
        for watch in watches.values { watch.cancel() }
        watches.removeAll()
        timer?.cancel()
        timer = nil
        for transfer in open { transfer.fail(.closed) }
    }

    // MARK: What libcurl asks for

    fileprivate func setTimer(milliseconds: Int) {
        timer?.cancel()
        timer = nil
        guard milliseconds >= 0 else { return }
        let bound = LoopBound(Weak(self), on: loop)
        timer = loop.after(.milliseconds(milliseconds)) { bound.value.multi?.act(CURL_SOCKET_TIMEOUT, 0) }
    }

    fileprivate func watch(_ socket: curl_socket_t, _ what: Int32) -> Int32 {
        guard what != CURL_POLL_REMOVE else {
            watches.removeValue(forKey: socket)?.cancel()
            return 0
        }
        let read = what == CURL_POLL_IN || what == CURL_POLL_INOUT
        let write = what == CURL_POLL_OUT || what == CURL_POLL_INOUT
        if let watch = watches[socket] {
            watch.update(read: read, write: write)
            return 0
        }
        let bound = LoopBound(Weak(self), on: loop)
        let new = try? loop.watch(socket, read: read, write: write) { readable, writable in
            let ready = (readable ? CURL_CSELECT_IN : 0) | (writable ? CURL_CSELECT_OUT : 0)
            bound.value.multi?.act(socket, ready)
        }
        watches[socket] = new
        return new == nil ? -1 : 0
    }

    // MARK: What the loop tells

    private func act(_ socket: curl_socket_t, _ ready: Int32) {
        guard let multi else { return }
        var running: Int32 = 0
        _ = curl_multi_socket_action(multi, socket, ready, &running)
        var code = CURLE_OK
        while let easy = ccurl_multi_next_finished(multi, &code) {
            guard let transfer = transfers[easy] else { continue }
            let result = transfer.result(code)
            curl_multi_remove_handle(multi, easy)
            release(transfer)
            transfer.end(result)
        }
    }

    private func release(_ transfer: Transfer) {
        transfers.removeValue(forKey: transfer.easy)
        guard multi != nil, idleHandles.count < Self.maxIdleHandles else {
            curl_easy_cleanup(transfer.easy)
            return
        }
        curl_easy_reset(transfer.easy)
        idleHandles.append(transfer.easy)
    }
}

/// What timers and watches hold, so that they do not keep a client alive.
private struct Weak {
    weak var multi: Multi?

    init(_ multi: Multi) { self.multi = multi }
}

private func onSocket(
    _: UnsafeMutableRawPointer?, _ socket: curl_socket_t, _ what: Int32, _ data: UnsafeMutableRawPointer?,
    _: UnsafeMutableRawPointer?
) -> Int32 {
    guard let data else { return -1 }
    return Unmanaged<Multi>.fromOpaque(data).takeUnretainedValue().watch(socket, what)
}

private func onTimer(_: UnsafeMutableRawPointer?, _ milliseconds: Int, _ data: UnsafeMutableRawPointer?)
    -> Int32
{
    guard let data else { return -1 }
    Unmanaged<Multi>.fromOpaque(data).takeUnretainedValue().setTimer(milliseconds: milliseconds)
    return 0
}
