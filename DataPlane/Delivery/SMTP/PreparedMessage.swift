import MailFormat
import SMTPWire

/// A message as a host with given extensions takes it: converted where it must be, signed, and framed for
/// DATA or BDAT.
struct PreparedMessage {
    /// What differs between hosts; two hosts with an equal form get the same bytes.
    struct Form: Hashable {
        enum Conversion: Hashable {
            case none
            /// The host knows 8BITMIME and not SMTPUTF8, or the header is no UTF-8.
            case asciiHeader
            case ascii
        }

        var conversion = Conversion.none
        var isChunked = false
        var isEightBit = false
        var needsSMTPUTF8 = false

        init(of use: EightBit.Use, for extensions: SMTPExtensions) {
            isChunked = extensions.chunking
            guard use.inHeader || use.inBody else { return }
            if !extensions.eightBitMIME {
                conversion = .ascii
            } else if use.inHeader, !extensions.smtpUTF8 || !use.isHeaderUTF8 {
                conversion = .asciiHeader
                isEightBit = use.inBody
            } else {
                isEightBit = true
                needsSMTPUTF8 = use.inHeader
            }
        }
    }

    let form: Form
    let content: SMTPContent

    /// Converts, signs what came of it, and frames it. Throws why the message cannot go to this host.
    init(
        _ whole: [UInt8], sign: (@Sendable ([UInt8]) async throws -> [UInt8])?, _ form: Form,
        _ host: RemoteHost
    ) async throws(Undelivered) {
        let message = try Self.converted(whole, form.conversion, host)
        let header: [UInt8]
        do { header = try await sign?(message) ?? [] } catch {
            throw .ours(451, .init(4, 3, 0), "the message could not be signed for now", .content)
        }
        do throws(ContentViolation) {
            content = try SMTPContent(header: header, message, form)
        } catch {
            throw .ours(554, .init(5, 6, 0), "the message cannot be sent: \(error)", .content)
        }
        self.form = form
    }

    private static func converted(
        _ message: [UInt8], _ conversion: Form.Conversion, _ host: RemoteHost
    ) throws(Undelivered) -> [UInt8] {
        do throws(EightBitDowngrade.Obstacle) {
            switch conversion {
            case .none: return message
            case .asciiHeader: return try EightBitDowngrade.asciiHeader(message)
            case .ascii: return try EightBitDowngrade.ascii(message)
            }
        } catch {
            if case .field(let name) = error {
                throw .unable(
                    553, .init(5, 6, 7),
                    "\(host.name) does not support SMTPUTF8, which the field \(name) needs", host)
            }
            throw .unable(
                554, .init(5, 6, 3),
                "\(host.name) takes no 8-bit content, and the message cannot be converted: \(error)", host)
        }
    }
}

extension SMTPContent {
    fileprivate init(
        header: [UInt8], _ message: [UInt8], _ form: PreparedMessage.Form
    ) throws(ContentViolation) {
        var message = message
        if form.isChunked {
            try DataEncoder.check(header: header, message)
            // Every message ends in a line end, whichever way it goes.
            if let last = message.last, last != 0x0A { message += [0x0D, 0x0A] }
            self.form = .chunk(header: header, message)
        } else {
            self.form = .stuffed(try DataEncoder.encode(header: header, message))
        }
        messageBytes = header.count + message.count
        isEightBit = form.isEightBit
        needsSMTPUTF8 = form.needsSMTPUTF8
    }
}
