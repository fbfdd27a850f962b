import Crypto
import EventLoop
import Glibc
import NodeProtocol

/// Prints rows for `COPY domains`, one verified domain a tenant, its DKIM key sealed as the control plane
/// does. All have the same key, because making one takes a tenth of a second.
enum SealedDomains {
    static func run(_ arguments: inout Arguments) throws -> String {
        let tenants = try TextFile.lines(try arguments.required("--tenants"))
            .compactMap { TenantID(text: $0) }
        guard let master = Base64.decode(Array(try arguments.required("--master-key").utf8)) else {
            throw Arguments.Mistake(description: "--master-key is no base64")
        }
        try arguments.finish()
        let seal = try SymmetricSeal(key: master)
        let key = try RSAPrivateKey.generate()
        let pem = Array(try key.pemEncoded().utf8)
        let publicKey = Hex.encode(try key.publicKey.derEncoded())
        guard let output = fdopen(dup(STDOUT_FILENO), "w") else { throw SystemError.last("fdopen") }
        defer { fclose(output) }
        for (number, tenant) in tenants.enumerated() {
            let name = "shop\(number).example"
            let context = TenantRecord.Domain.sealContext(tenant: tenant, domain: name)
            let sealed = Hex.encode(try seal.seal(pem, context: Array(context.utf8)))
            var line = "\(tenant)\t\(name)\tverified\ttoken\t2026-01-01\tdispatch\t"
            line += "\\\\x\(sealed)\t\\\\x\(publicKey)\t2099-01-01\n"
            fputs(line, output)
        }
        return ""
    }
}
