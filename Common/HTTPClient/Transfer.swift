import CCurl
import EventLoop

/// One request on its way: its easy handle, what libcurl must find in place until the end, and what came back
/// so far.
final class Transfer {
    typealias Outcome = Result<HTTPClientResponse, HTTPClientError>

    let request: HTTPClientRequest
    let url: HTTPURL
    let easy: UnsafeMutableRawPointer
    let egressGuard: EgressGuard
    let maxHeaderBytes: Int
    var continuation: UnsafeContinuation<Outcome, Never>?
    /// Why the guard refused; the last refusal when there were several addresses.
    var refusal: String?
    /// Whether a connection was there to send the request on.
    var isConnected = false

    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    var headerList: UnsafeMutablePointer<curl_slist>?
    var resolveList: UnsafeMutablePointer<curl_slist>?
    private var headers: [(name: String, value: String)] = []
    private var headerBytes = 0
    private var headersTooLarge = false
    private var body: [UInt8] = []
    private var isTruncated = false

    /// The request has been checked. Whoever starts the transfer releases `easy` at its end.
    init(
        _ request: HTTPClientRequest, _ url: HTTPURL, _ settings: HTTPClientSettings,
        easy: UnsafeMutableRawPointer
    ) {
        self.request = request
        self.url = url
        self.easy = easy
        egressGuard = request.egressGuard ?? settings.egressGuard
        maxHeaderBytes = settings.maxResponseHeaderBytes
        errorText.pointee = 0
        ccurl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
        setOptions(settings)
    }

    deinit {
        errorText.deallocate()
        curl_slist_free_all(headerList)
        curl_slist_free_all(resolveList)
    }

    func end(_ result: Outcome) {
        continuation?.resume(returning: result)
        continuation = nil
    }

    func fail(_ error: HTTPClientError) { end(.failure(error)) }

    /// The outcome after libcurl is done; reads the easy handle, which must still be whole.
    func result(_ code: CURLcode) -> Outcome {
        if headersTooLarge { return .failure(.tooLarge) }
        if isTruncated || code == CURLE_OK { return .success(response()) }
        if let refusal, code == CURLE_COULDNT_CONNECT || code == CURLE_ABORTED_BY_CALLBACK {
            return .failure(.blockedAddress(refusal))
        }
        if code == CURLE_OPERATION_TIMEDOUT, !isConnected { return .failure(.connectTimedOut) }
        let text =
            errorText.pointee == 0 ? String(cString: curl_easy_strerror(code)) : String(cString: errorText)
        return .failure(HTTPClientError(code, text))
    }

    // MARK: What libcurl hands over

    /// How many bytes were taken; fewer than given ends the transfer.
    func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Int {
        let room = request.maxResponseBytes - body.count
        body.append(contentsOf: bytes.prefix(max(0, room)))
        isTruncated = bytes.count > room
        return isTruncated ? 0 : bytes.count
    }

    /// One line with its line end. A status line begins the headers anew: those before were of a 1xx or a
    /// redirect.
    func receiveHeader(_ line: UnsafeRawBufferPointer) -> Int {
        headerBytes += line.count
        guard headerBytes <= maxHeaderBytes else {
            headersTooLarge = true
            return 0
        }
        if line.starts(with: "HTTP/".utf8) {
            headers.removeAll()
            body.removeAll()
            return line.count
        }
        if let first = line.first, first == 0x20 || first == 0x09, let last = headers.indices.last {
            // RFC 9112 §5.2: a line that begins with white space goes on with the one before.
            headers[last].value += " " + Self.text(line[...])
            return line.count
        }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return line.count }
        headers.append((Self.text(line[..<colon]), Self.text(line[(colon + 1)...])))
        return line.count
    }

    private static func text(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D || $0 == 0x0A }
        let trimmed = bytes.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
        return String(decoding: Array(trimmed), as: UTF8.self)
    }

    // MARK: What libcurl says at the end

    private func response() -> HTTPClientResponse {
        HTTPClientResponse(
            status: long(CURLINFO_RESPONSE_CODE), headers: headers, body: body, isTruncated: isTruncated,
            peerIP: request.unixSocket == nil ? string(CURLINFO_PRIMARY_IP) : "", timings: timings(),
            isReused: long(CURLINFO_NUM_CONNECTS) == 0)
    }

    private func timings() -> HTTPClientTimings {
        let dns = milliseconds(CURLINFO_NAMELOOKUP_TIME_T)
        let connected = milliseconds(CURLINFO_CONNECT_TIME_T)
        let secured = milliseconds(CURLINFO_APPCONNECT_TIME_T)
        return HTTPClientTimings(
            dnsMilliseconds: dns, connectMilliseconds: max(0, connected - dns),
            tlsMilliseconds: max(0, secured - connected),
            firstByteMilliseconds: max(
                0, milliseconds(CURLINFO_STARTTRANSFER_TIME_T) - milliseconds(CURLINFO_PRETRANSFER_TIME_T)),
            totalMilliseconds: milliseconds(CURLINFO_TOTAL_TIME_T))
    }

    private func long(_ info: CURLINFO) -> Int {
        var value = 0
        return ccurl_get_long(easy, info, &value) == CURLE_OK ? value : 0
    }

    private func milliseconds(_ info: CURLINFO) -> Double {
        var microseconds: curl_off_t = 0
        return ccurl_get_offset(easy, info, &microseconds) == CURLE_OK ? Double(microseconds) / 1_000 : 0
    }

    private func string(_ info: CURLINFO) -> String {
        var value: UnsafePointer<CChar>?
        guard ccurl_get_string(easy, info, &value) == CURLE_OK, let value else { return "" }
        return String(cString: value)
    }
}
