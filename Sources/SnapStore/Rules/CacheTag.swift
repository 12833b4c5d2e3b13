// Cache directories that say so themselves: the Cache Directory Tagging Specification, https://bford.info/cachedir/
//
// A directory is a cache if it holds a regular file (not a symbolic link) with the tag's name that begins with exactly
// these 43 bytes. What follows them is for people. The name alone proves nothing.

/// The tag in a cache directory.
package enum CacheTag {
    package static let fileName: [UInt8] = Array("CACHEDIR.TAG".utf8)

    /// How many bytes of the file decide.
    package static let signatureLength = 43

    private static let signature: [UInt8] = Array("Signature: 8a477f597d28d172789f06886806bc55".utf8)

    /// Whether a tag file that begins with `firstBytes` is valid. Give at least `signatureLength` bytes if the file has them.
    package static func isValid(_ firstBytes: Span<UInt8>) -> Bool {
        guard firstBytes.count >= signature.count else { return false }
        return signature.indices.allSatisfy { firstBytes[$0] == signature[$0] }
    }
}
