import CCurl
import EventLoop

extension Transfer {
    /// RFC 9110 §5.6.2 for the method and names; no control characters in values, so that nothing can add a
    /// line.
    static func check(_ request: HTTPClientRequest) throws(HTTPClientError) {
        guard isToken(request.method) else { throw .invalidRequest("method") }
        for (name, value) in request.headers {
            guard isToken(name) else { throw .invalidRequest("header name") }
            guard value.utf8.allSatisfy({ $0 == 0x09 || $0 >= 0x20 && $0 != 0x7F }) else {
                throw .invalidRequest("value of header \(name)")
            }
        }
        if let path = request.unixSocket, path.utf8.count >= 108 {
            throw .invalidRequest("path of the socket")
        }
        for (host, _, ip) in request.resolve {
            guard SocketAddress(ip: ip, port: 0) != nil,
                host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x3A })
            else { throw .invalidRequest("resolve") }
        }
    }

    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }

    func setOptions(_ settings: HTTPClientSettings) {
        ccurl_set_string(easy, CURLOPT_URL, url.text)
        setFences(settings)
        setMethodAndBody()
        setHeaders()
        setTimes(settings)
        setTrust(request.trustedRootsPEM ?? settings.trustedRootsPEM)
        if let path = request.unixSocket { ccurl_set_string(easy, CURLOPT_UNIX_SOCKET_PATH, path) }
        setCallbacks()
    }

    /// What neither the environment nor a server may change.
    private func setFences(_ settings: HTTPClientSettings) {
        ccurl_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        ccurl_set_string(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https")
        ccurl_set_string(easy, CURLOPT_PROXY, "")
        ccurl_set_string(easy, CURLOPT_NOPROXY, "*")
        ccurl_set_long(easy, CURLOPT_NETRC, 0)
        ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1)
        // Without this an aborted transfer waits, on the loop, for the thread that still looks its name up.
        ccurl_set_long(easy, CURLOPT_QUICK_EXIT, 1)
        ccurl_set_long(easy, CURLOPT_FOLLOWLOCATION, request.maxRedirects > 0 ? 1 : 0)
        ccurl_set_long(easy, CURLOPT_MAXREDIRS, max(0, request.maxRedirects))
        let version = settings.allowsHTTP2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1
        ccurl_set_long(easy, CURLOPT_HTTP_VERSION, version)
    }

    private func setMethodAndBody() {
        if let body = request.body {
            ccurl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
            var bytes = body.isEmpty ? [0] : body
            bytes.withUnsafeMutableBytes {
                _ = ccurl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, $0.baseAddress)
            }
        }
        if request.method == "HEAD" {
            ccurl_set_long(easy, CURLOPT_NOBODY, 1)
        } else if request.method != (request.body == nil ? "GET" : "POST") {
            ccurl_set_string(easy, CURLOPT_CUSTOMREQUEST, request.method)
        }
    }

    private func setHeaders() {
        // libcurl would add these two by itself; a name without a value takes them out.
        var lines = ["Expect:"]
        if !request.headers.contains(where: { $0.name.lowercased() == "content-type" }) {
            lines.append("Content-Type:")
        }
        for (name, value) in request.headers where name.lowercased() != "expect" {
            // A header that shall be empty is written with a semicolon.
            lines.append(value.allSatisfy { $0 == " " || $0 == "\t" } ? "\(name);" : "\(name): \(value)")
        }
        for line in lines { headerList = curl_slist_append(headerList, line) ?? headerList }
        ccurl_set_list(easy, CURLOPT_HTTPHEADER, headerList)
    }

    private func setTimes(_ settings: HTTPClientSettings) {
        ccurl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, Self.milliseconds(request.connectTimeout))
        ccurl_set_long(easy, CURLOPT_TIMEOUT_MS, Self.milliseconds(request.totalTimeout))
        ccurl_set_long(easy, CURLOPT_MAXAGE_CONN, max(1, settings.idleTimeoutSeconds))
        ccurl_set_long(easy, CURLOPT_TCP_KEEPALIVE, 1)
    }

    /// At least one, because libcurl takes zero for "no limit".
    private static func milliseconds(_ duration: Duration) -> Int {
        let (seconds, attoseconds) = duration.components
        guard seconds >= 0 else { return 1 }
        guard seconds < 1_000_000 else { return 1_000_000_000 }
        return max(1, Int(seconds) * 1_000 + Int(attoseconds / 1_000_000_000_000_000))
    }

    private func setTrust(_ roots: [UInt8]?) {
        ccurl_set_long(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
        guard let roots else { return }
        roots.withUnsafeBytes {
            _ = ccurl_set_copied_blob(easy, CURLOPT_CAINFO_BLOB, $0.baseAddress, $0.count)
        }
        // The folder of the system would be trusted beside the given certificates.
        ccurl_set_string(easy, CURLOPT_CAPATH, nil)
    }

    private func setCallbacks() {
        let me = Unmanaged.passUnretained(self).toOpaque()
        ccurl_set_write_function(easy, onBody)
        ccurl_set_pointer(easy, CURLOPT_WRITEDATA, me)
        ccurl_set_header_function(easy, onHeader)
        ccurl_set_pointer(easy, CURLOPT_HEADERDATA, me)
        ccurl_set_open_socket_function(easy, onOpenSocket)
        ccurl_set_pointer(easy, CURLOPT_OPENSOCKETDATA, me)
        ccurl_set_prereq_function(easy, onConnected)
        ccurl_set_pointer(easy, CURLOPT_PREREQDATA, me)
    }

    // MARK: Names with given addresses

    /// `host:port` of each name that this request brings addresses for.
    var pinnedNames: Set<String> { Set(request.resolve.map { "\($0.host.lowercased()):\($0.port)" }) }

    /// Tells libcurl the addresses of this request, and to forget those that another request gave for its
    /// host.
    func setResolve(forgetting pinned: Set<String>) {
        var byName: [String: [String]] = [:]
        for (host, port, ip) in request.resolve {
            byName["\(host.lowercased()):\(port)", default: []].append(ip.contains(":") ? "[\(ip)]" : ip)
        }
        // "+" lets the entry grow old like any other.
        var lines = byName.map { "+\($0.key):\($0.value.joined(separator: ","))" }
        let own = "\(url.host):\(url.port)"
        if byName[own] == nil, pinned.contains(own) { lines.append("-\(own)") }
        guard !lines.isEmpty else { return }
        for line in lines { resolveList = curl_slist_append(resolveList, line) ?? resolveList }
        ccurl_set_list(easy, CURLOPT_RESOLVE, resolveList)
    }
}
