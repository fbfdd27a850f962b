/// Bytes that lie in one piece of memory and can be lent to OpenSSL without a copy.
package protocol ByteSource {
    /// Lends the bytes for the time of `body`. The base address may be nil only when there are none.
    func withBytes<Value, Failure: Error>(
        _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Value
    ) throws(Failure) -> Value
}

extension [UInt8]: ByteSource {
    package func withBytes<Value, Failure: Error>(
        _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try withUnsafeBufferPointer(body)
    }
}

extension ArraySlice<UInt8>: ByteSource {
    package func withBytes<Value, Failure: Error>(
        _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try withUnsafeBufferPointer(body)
    }
}

extension UnsafeBufferPointer<UInt8>: ByteSource {
    package func withBytes<Value, Failure: Error>(
        _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try body(self)
    }
}

/// Text is taken as its UTF-8 bytes, copied once.
extension String: ByteSource {
    package func withBytes<Value, Failure: Error>(
        _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try Array(utf8).withUnsafeBufferPointer(body)
    }
}
