import Admission

/// Where the node keeps what is to be remembered of keys beyond its own life.
package protocol KeyBook: Sendable {
    /// Remembers a record that no message depends on; a crash of the next moment may forget it.
    func note(_ record: [UInt8], at milliseconds: Int64)
    /// Returns when the record is on disk.
    func keep(_ record: [UInt8], at milliseconds: Int64) async throws(Refusal)
}
