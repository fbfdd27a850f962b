/// A cursor over the bytes of one DNS message. Every read is checked against `end`.
struct WireReader {
    let bytes: [UInt8]
    private(set) var position = 0
    /// Reads stop here; narrowed to a record's data while that is read.
    private(set) var end: Int

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        end = bytes.count
    }

    mutating func byte() throws(DNSWireError) -> UInt8 {
        guard position < end else { throw .cutShort }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func uint16() throws(DNSWireError) -> UInt16 {
        let high = try byte()
        return UInt16(high) << 8 | UInt16(try byte())
    }

    mutating func uint32() throws(DNSWireError) -> UInt32 {
        let high = try uint16()
        return UInt32(high) << 16 | UInt32(try uint16())
    }

    mutating func take(_ count: Int) throws(DNSWireError) -> ArraySlice<UInt8> {
        guard count >= 0, count <= end - position else { throw .cutShort }
        defer { position += count }
        return bytes[position..<position + count]
    }

    mutating func rest() -> ArraySlice<UInt8> {
        defer { position = end }
        return bytes[position..<end]
    }

    /// Runs `body` on the next `count` bytes alone, which it must use up.
    mutating func within<R>(
        _ count: Int, _ body: (inout WireReader) throws(DNSWireError) -> R
    ) throws(DNSWireError) -> R {
        guard count <= end - position else { throw .cutShort }
        let outer = end
        end = position + count
        defer { end = outer }
        let result = try body(&self)
        guard position == end else { throw .badRecordData }
        return result
    }

    /// RFC 1035 §4.1.4. A pointer must lead to before the place where the part that it stands in began, so
    /// every chain is finite; the name's length bounds the number of labels.
    mutating func name() throws(DNSWireError) -> DomainName {
        var wire: [UInt8] = []
        var cursor = position
        var partStart = position
        var limit = end
        var resume: Int?
        while true {
            guard cursor < limit else { throw .cutShort }
            let length = Int(bytes[cursor])
            switch length {
            case 0:
                wire.append(0)
                position = resume ?? cursor + 1
                return DomainName(canonical: wire)
            case 1...DomainName.maxLabelBytes:
                guard cursor + 1 + length <= limit else { throw .cutShort }
                guard wire.count + 1 + length < DomainName.maxWireBytes else { throw .nameTooLong }
                wire.append(UInt8(length))
                for byte in bytes[cursor + 1...cursor + length] { wire.append(DomainName.lowercased(byte)) }
                cursor += 1 + length
            case 0xC0...0xFF:
                guard cursor + 1 < limit else { throw .cutShort }
                let target = (length & 0x3F) << 8 | Int(bytes[cursor + 1])
                guard target < partStart else { throw .badPointer }
                if resume == nil { resume = cursor + 2 }
                limit = partStart
                partStart = target
                cursor = target
            default:
                throw .badPointer
            }
        }
    }
}
