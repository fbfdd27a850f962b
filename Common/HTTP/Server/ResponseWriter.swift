/// Prints responses into one buffer, so that a response, or several that were asked for together, is one
/// write.
struct ResponseWriter {
    private static let requestID = Array("X-Request-ID: ".utf8)
    private static let contentLength = Array("Content-Length: ".utf8)

    var output: [UInt8] = []

    /// - Parameters:
    ///   - date: the cached `Date` line.
    ///   - omitsBody: for HEAD: the length is that of the body which GET would have had.
    mutating func write(
        _ response: HTTPResponse, id: RequestID, date: [UInt8], closes: Bool, omitsBody: Bool
    ) {
        let hasBody = response.status.allowsBody && !omitsBody
        output.reserveCapacity(
            output.count + response.headers.bytes.count + 192 + (hasBody ? response.body.count : 0))
        output.append(contentsOf: response.status.line)
        writeFields(response.headers)
        output.append(contentsOf: date)
        output.append(contentsOf: Self.requestID)
        id.append(to: &output)
        writeLineEnd()
        if response.status.allowsBody {
            output.append(contentsOf: Self.contentLength)
            ASCII.appendDecimal(response.body.count, to: &output)
            writeLineEnd()
        }
        if closes { output.append(contentsOf: "Connection: close\r\n".utf8) }
        writeLineEnd()
        if hasBody { output.append(contentsOf: response.body) }
    }

    mutating func writeContinue() { output.append(contentsOf: "HTTP/1.1 100 Continue\r\n\r\n".utf8) }

    private mutating func writeFields(_ headers: HTTPHeaders) {
        for field in headers.fields where !Self.isOurs(headers.bytes, field.name) {
            output.append(contentsOf: headers.bytes[field.name.lowerBound..<field.value.upperBound])
            writeLineEnd()
        }
    }

    private mutating func writeLineEnd() {
        output.append(ASCII.carriageReturn)
        output.append(ASCII.lineFeed)
    }

    /// Fields that frame the message or that this server always sets itself.
    private static func isOurs(_ bytes: [UInt8], _ name: Range<Int>) -> Bool {
        switch name.count {
        case 4: ASCII.equalsIgnoringCase(bytes, name, "date")
        case 6: ASCII.equalsIgnoringCase(bytes, name, "server")
        case 10: ASCII.equalsIgnoringCase(bytes, name, "connection")
        case 12: ASCII.equalsIgnoringCase(bytes, name, "x-request-id")
        case 14: ASCII.equalsIgnoringCase(bytes, name, "content-length")
        case 17: ASCII.equalsIgnoringCase(bytes, name, "transfer-encoding")
        default: false
        }
    }
}
