// How blocks are compressed: what a user chooses, and what a block says of itself.

/// What new blocks are compressed with. Blocks of every codec stay readable whatever is chosen.
public enum Compression: Sendable, Hashable, CustomStringConvertible {
    /// Zstandard. The level is 1 (fast) to 19 (small).
    case zstd(level: Int)
    case lz4
    case none

    public static let standard = Compression.zstd(level: 1)
    /// What stands for `standard` where large files are.
    static let large = Compression.zstd(level: 3)
    /// What compaction uses, which has more time than a take.
    package static let compacting = Compression.zstd(level: 12)
    /// What it uses where time does not matter.
    package static let compactingFully = Compression.zstd(level: 19)

    /// The compression that `text` names: `zstd`, `zstd:1` to `zstd:19`, `lz4` or `none`.
    public init?(parsing text: String) {
        switch text {
        case "zstd": self = .standard
        case "lz4": self = .lz4
        case "none": self = .none
        default:
            let digits = text.utf8.dropFirst(5)
            guard text.hasPrefix("zstd:"), (1...2).contains(digits.count),
                digits.allSatisfy({ (0x30...0x39).contains($0) }), digits.first != 0x30,
                let level = Int(text.dropFirst(5)), (1...19).contains(level)
            else { return nil }
            self = .zstd(level: level)
        }
    }

    /// As `init(parsing:)` reads it.
    public var description: String {
        switch self {
        case .zstd(let level): "zstd:\(level)"
        case .lz4: "lz4"
        case .none: "none"
        }
    }
}

/// How one block's data is stored. Numbers are those of the format.
package enum Codec: UInt8, Sendable {
    case raw = 0
    case zstd = 1
    case lz4 = 2
}
