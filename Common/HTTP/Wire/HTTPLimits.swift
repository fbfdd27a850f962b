/// Bounds on one request's bytes. What passes one gets the named status and the connection is closed.
package struct HTTPLimits: Sendable {
    /// Request line and header lines together; 431.
    package var maxHeadBytes = 64 * 1024
    /// One header line without its CRLF; 431.
    package var maxLineBytes = 16 * 1024
    /// The request target; 414.
    package var maxTargetBytes = 8 * 1024
    /// Header lines without the request line; 431.
    package var maxHeaderLines = 100
    /// The extensions of all chunks of a body, and the spaces around them, together; 400.
    package var maxChunkExtensionBytes = 16 * 1024
    /// All trailer lines of a chunked body together; 431.
    package var maxTrailerBytes = 16 * 1024

    package init() {}
}
