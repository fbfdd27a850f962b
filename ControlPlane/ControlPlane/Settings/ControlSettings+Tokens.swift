import Crypto
import Service

extension ControlSettings.TokenSources {
    /// Reads the files that the settings name.
    ///
    /// - Throws: `SmallFile.Failure`, or `CryptoError` for a key that is none.
    func settings() throws -> TokenSettings {
        var keys: [ExternalTokenKey] = []
        if let jwksFile { keys += try ExternalTokenKey.keys(jwks: SmallFile.read(jwksFile)) }
        if let publicKeyFile {
            let pem = String(decoding: try SmallFile.read(publicKeyFile), as: UTF8.self)
            keys.append(try ExternalTokenKey(pem: pem, keyID: nil))
        }
        if let sharedSecret {
            keys.append(try ExternalTokenKey(secret: Array(sharedSecret.revealed.utf8), keyID: nil))
        }
        return TokenSettings(
            issuer: issuer, audience: audience, lifetimeSeconds: lifetime.components.seconds,
            externalKeys: keys)
    }
}
