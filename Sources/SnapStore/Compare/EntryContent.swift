// A file's bytes in one piece, for what compares them.

extension ObjectReader {
    /// All bytes of a file's entry, holes as zeros. For files whose size the caller has looked at.
    func content(of entry: TreeEntry) throws(ContentError) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(Int(clamping: min(entry.size, 1 << 26)))
        try forEachPiece(of: entry) { piece in
            result += piece
            return true
        }
        return result
    }
}
