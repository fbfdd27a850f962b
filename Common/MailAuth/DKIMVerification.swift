/// One signature of a message and what came of it.
package struct DKIMVerification: Sendable {
    package let result: DKIMResult
    /// `d=`, when the signature could be read that far.
    package let domain: String?
    /// `s=`
    package let selector: String?
    /// `i=`, or `@` and the domain.
    package let identity: String?
    /// The key says that its domain is only testing (`t=y`): treat a failure as if there were no signature.
    package let isTesting: Bool
    /// Bytes of the canonical body that the signature does not cover because of `l=`. Distrust a pass with
    /// any.
    package let unsignedBodyBytes: Int
}
