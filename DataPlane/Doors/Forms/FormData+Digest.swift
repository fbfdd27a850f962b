import Crypto
import HTTP

extension FormData {
    /// A hash over what its author filled in: of each field its name, file name, type and bytes, in their
    /// order.
    ///
    /// How they came is not in it: a client makes a new boundary for each request, and may write a value with
    /// other escapes. Each part stands behind its length, so that no two forms have the same.
    var digest: [UInt8] {
        var text: [UInt8] = []
        func add(_ part: some Collection<UInt8>) {
            text += "\(part.count):".utf8
            text += part
        }
        for field in fields {
            add(field.name.utf8)
            for given in [field.filename, field.contentType] {
                text.append(given == nil ? 0 : 1)
                add((given ?? "").utf8)
            }
            // A hash in place of the bytes, so that no second copy of a file is made.
            add(Digest.sha256(field.bytes))
        }
        return Digest.sha256(text)
    }
}
