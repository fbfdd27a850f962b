import Admission
import EventLoop
import NodeProtocol

/// How an SMTP submission listener behaves; immutable after start.
package struct SMTPServerConfiguration: Sendable {
    package var address: SocketAddress
    /// Certificate and key in PEM; without them there is no STARTTLS, and so no AUTH.
    package var certificate: (chainPEM: [UInt8], keyPEM: [UInt8])?
    /// TLS from the first byte (RFC 8314).
    package var isImplicitTLS = false
    package var maxConnections = 2_000
    /// Open at one time from one IPv4 address or one IPv6 /64; trusted networks are not counted.
    package var maxConnectionsPerClient = 100
    /// Messages that are being received on one loop, together; 451 above it.
    package var maxBufferedBytesPerLoop = 256 * 1024 * 1024
    package var maxMessageBytes = 25 * 1024 * 1024
    /// A transaction takes so many; a tenant's plan may allow fewer.
    package var maxRecipients = 1_000
    /// RFC 5321 §4.5.3.2.7 asks for at least 5 minutes.
    package var commandTimeout: Duration = .seconds(300)
    package var dataTimeout: Duration = .seconds(180)
    /// From the banner to a successful AUTH, for whoever needs one.
    package var loginTimeout: Duration = .seconds(60)
    /// What a failed login makes the next answer wait at most.
    package var maxLoginDelay: Duration = .seconds(8)
    /// What a message may take besides its bytes at `minDataBytesPerSecond`.
    package var dataGrace: Duration = .seconds(180)
    package var minDataBytesPerSecond = 1024
    package var handshakeTimeout: Duration = .seconds(20)
    /// A session that makes so many mistakes is closed.
    package var maxErrors = 20
    /// Commands that lead nowhere (NOOP, RSET, VRFY, HELP, EHLO), counted anew with each message.
    package var maxIdleCommands = 100
    package var maxTransactions = 10_000
    /// Networks that may submit for `trustedTenant` without AUTH.
    package var trustedNetworks: [IPNetwork] = []
    package var trustedTenant: TenantID?

    /// What is too large for a message is read, and dropped, up to here, so that the client hears why; then
    /// the session ends.
    var maxReceivedBytes: Int { min(maxMessageBytes, 1 << 40) * 8 }

    package init(address: SocketAddress) { self.address = address }

    /// The tenant for which this address may submit without AUTH.
    func trustedTenant(for ip: String) -> TenantID? {
        guard let trustedTenant, let bytes = IPNetwork.bytes(of: ip),
            trustedNetworks.contains(where: { $0.contains(bytes) })
        else { return nil }
        return trustedTenant
    }
}
