import COpenSSL

/// Compares secrets in a time that depends on their lengths alone, not on where they differ.
package func constantTimeEqual(_ left: some ByteSource, _ right: some ByteSource) -> Bool {
    left.withBytes { left in
        right.withBytes { right in
            guard left.count == right.count else { return false }
            guard let leftBase = left.baseAddress, let rightBase = right.baseAddress else { return true }
            return CRYPTO_memcmp(leftBase, rightBase, left.count) == 0
        }
    }
}
