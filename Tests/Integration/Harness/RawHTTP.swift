import EventLoop
import FoundationEssentials
import TestSupport

/// HTTP by hand: sends bytes that no client would, and reads what comes back. Made and used inside one task
/// of a loop.
final class RawHTTP {
    struct Answer: Sendable {
        let status: Int
        let head: String
        let body: String

        var json: JSONValue { JSONValue(reading: Array(body.utf8)) }
        /// The error's code, and its request's id: beside the text, or inside `error` where bytes were
        /// refused before they were a request of any dialect.
        var code: String? { (json["code"].text ?? json["error"]["code"].text)?.lowercased() }
        var requestID: String? { json["request_id"].text ?? json["error"]["request_id"].text }
    }

    let stream: ByteStream

    /// - Parameter local: the address to come from.
    init(connectingTo address: SocketAddress, from local: SocketAddress? = nil) async throws {
        stream = try await ByteStream.connect(to: address, from: local, timeout: .seconds(10))
    }

    func write(_ text: String) async throws { try await stream.write(Array(text.utf8)) }

    /// The next answer; nil when the connection ended before its head was whole.
    func answer() async throws -> Answer? {
        while true {
            let text = String(decoding: stream.input.prefix(stream.input.count), as: UTF8.self)
            if let end = text.utf8.firstRange(ofBlankLine: ()) {
                let head = String(text[..<end.lowerBound])
                stream.input.consume(text.utf8.distance(from: text.startIndex, to: end.upperBound))
                return try await answer(head: head)
            }
            guard try await fill() else { return nil }
        }
    }

    private func answer(head: String) async throws -> Answer {
        let words = head.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, let status = Int(words[1]) else {
            throw TestSupportError("not an answer: \(head)")
        }
        let length =
            head.split(separator: "\r\n").lazy.compactMap { line -> Int? in
                guard line.lowercased().hasPrefix("content-length:") else { return nil }
                return Int(line.dropFirst(15).drop { $0 == " " })
            }.first ?? 0
        while stream.input.count < length { guard try await fill() else { break } }
        let body = String(decoding: stream.input.take(min(length, stream.input.count)), as: UTF8.self)
        return Answer(status: status, head: head, body: body)
    }

    /// Whether the server has closed the connection, once it has nothing more to say.
    func isClosed() async throws -> Bool {
        while true {
            guard try await fill() else { return true }
            stream.input.clear()
        }
    }

    private func fill() async throws -> Bool { try await stream.fillUnlessEnded() }

    /// Opens a connection, writes the pieces, and reads one answer. What cannot be written any more because
    /// the server has had enough is left away.
    static func exchange(
        _ address: SocketAddress, from local: SocketAddress? = nil, _ pieces: [String]
    ) async throws -> Answer? {
        try await TestLoops.run {
            let http = try await RawHTTP(connectingTo: address, from: local)
            defer { http.stream.close() }
            for piece in pieces {
                guard try await http.stream.writeUnlessEnded(Array(piece.utf8)) else { break }
            }
            return try await http.answer()
        }
    }
}
