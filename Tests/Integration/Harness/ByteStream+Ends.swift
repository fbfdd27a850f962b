import EventLoop

extension ByteStream {
    /// Reads more; false when the peer ended the connection in whatever way.
    func fillUnlessEnded() async throws(StreamError) -> Bool {
        do throws(StreamError) { return try await fill(timeout: .seconds(30)) } catch {
            if error == .reset || error == .closed { return false }
            throw error
        }
    }

    /// Writes all of it; false when the peer has ended the connection.
    func writeUnlessEnded(_ bytes: [UInt8]) async throws(StreamError) -> Bool {
        do throws(StreamError) { try await write(bytes) } catch {
            if error == .timedOut { throw error }
            return false
        }
        return true
    }
}
