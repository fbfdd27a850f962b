import MailAuth

/// The look-ups that counting the cost of an SPF record takes, made by the service's own.
struct SetupSPFResolver: SPFResolver {
    let context: ControlContext

    func texts(_ name: String) async -> SPFAnswer<[[UInt8]]> {
        answer(await context.dns(name)) { Array($0.utf8) }
    }

    func addresses(_ name: String, ipv6: Bool) async -> SPFAnswer<[SPFAddress]> {
        switch answer(await context.addresses(name), { SPFAddress($0) }) {
        case .found(let all):
            let wanted = all.compactMap(\.self).filter { $0.isIPv6 == ipv6 }
            return wanted.isEmpty ? .missing : .found(wanted)
        case .missing: return .missing
        case .failed: return .failed
        }
    }

    func mailHosts(_ name: String) async -> SPFAnswer<[String]> {
        answer(await context.mailHosts(name)) { String($0.split(separator: " ").last ?? "") }
    }

    /// No term of a record that is to be published needs it: `ptr` is counted without being asked for.
    func names(of address: SPFAddress) async -> SPFAnswer<[String]> { .failed }

    private func answer<Value>(_ lookup: TXTLookup, _ read: (String) -> Value) -> SPFAnswer<[Value]> {
        switch lookup {
        case .found(let texts): .found(texts.map(read))
        case .missing: .missing
        case .unreachable: .failed
        }
    }
}
