// How alike two contents are, by git's measure, so that what snap calls a rename is what git calls one.
//
// A content is cut into pieces that end with their line, or after 64 bytes. What counts is how many bytes of one
// content's pieces the other has too, wherever they stand. Pieces are told apart by a small hash, and the bytes of all
// that share one are added up: a collision makes two contents seem a little more alike, and is part of the measure.

/// What is left of a content to compare it by, when its bytes are gone: the pieces, counted.
struct ContentFingerprint: Sendable {
    /// How many bytes the pieces with one hash have together.
    fileprivate struct Piece: Sendable {
        var hash: UInt32
        var bytes: UInt32
    }

    /// So many pieces are merged before more are taken, so that a large content needs little memory.
    private static let mergeCount = 1 << 18

    /// In order of their hashes, each of which is there once.
    private let pieces: [Piece]
    /// Bytes of the content.
    let size: Int

    /// What takes memory.
    var pieceCount: Int { pieces.count }

    /// With `countsUnfinishedPiece`, what follows the last line end is a piece too; git before 2.43.2 overlooked it.
    init(of content: [UInt8], countsUnfinishedPiece: Bool) {
        let isText = !content.prefix(8000).contains(0)
        let count = content.count
        var counted: [Piece] = []
        var piece = PieceHash()
        var index = 0
        while index < count {
            let byte = content[index]
            index += 1
            // Lines of a text are the same with both kinds of line ends.
            if isText && byte == 0x0D && index < count && content[index] == 0x0A { continue }
            piece.add(byte)
            guard piece.length == 64 || byte == 0x0A else { continue }
            counted.append(piece.counted)
            piece = PieceHash()
            if counted.count == Self.mergeCount { counted = Self.merged(counted) }
        }
        if countsUnfinishedPiece && piece.length > 0 { counted.append(piece.counted) }
        pieces = Self.merged(counted)
        size = count
    }

    private static func merged(_ pieces: [Piece]) -> [Piece] {
        var result: [Piece] = []
        for piece in pieces.sorted(by: { $0.hash < $1.hash }) {
            let last = result.count - 1
            if last >= 0 && result[last].hash == piece.hash {
                result[last].bytes &+= piece.bytes
            } else {
                result.append(piece)
            }
        }
        return result
    }

    /// How many bytes of the pieces of `source` are in `target` as well.
    static func copied(from source: ContentFingerprint, to target: ContentFingerprint) -> Int {
        let (old, new) = (source.pieces, target.pieces)
        var sum = 0
        var i = 0
        var j = 0
        while i < old.count && j < new.count {
            if old[i].hash < new[j].hash {
                i += 1
            } else if old[i].hash > new[j].hash {
                j += 1
            } else {
                sum += Int(min(old[i].bytes, new[j].bytes))
                i += 1
                j += 1
            }
        }
        return sum
    }
}

/// The hash of one piece, byte by byte: two numbers, shifted through each other.
private struct PieceHash {
    /// A prime, so that all of both numbers counts.
    private static let limit: UInt32 = 107_927

    private var low: UInt32 = 0
    private var high: UInt32 = 0
    private(set) var length: UInt32 = 0

    mutating func add(_ byte: UInt8) {
        let before = low
        low = ((low << 7) ^ (high >> 25)) &+ UInt32(byte)
        high = (high << 7) ^ (before >> 25)
        length += 1
    }

    var counted: ContentFingerprint.Piece {
        ContentFingerprint.Piece(hash: (low &+ high &* 0x61) % Self.limit, bytes: length)
    }
}

/// Scores: how much of the larger of two contents the other one has.
enum Similarity {
    /// All of it.
    static let maximum = RenameLimits.fullScore

    /// Contents of these sizes can reach `minimum`. Where they cannot, neither need be read.
    static func isPossible(_ first: UInt64, _ second: UInt64, minimum: Int) -> Bool {
        let larger = max(first, second)
        let difference = larger - min(first, second)
        let allowed = larger.multipliedFullWidth(by: UInt64(maximum - max(0, min(minimum, maximum))))
        let needed = difference.multipliedFullWidth(by: UInt64(maximum))
        return allowed.high == needed.high ? allowed.low >= needed.low : allowed.high > needed.high
    }

    static func score(from source: ContentFingerprint, to target: ContentFingerprint) -> Int {
        guard target.size > 0 else { return 0 }
        // No content in memory is so large that this overflows.
        return ContentFingerprint.copied(from: source, to: target) &* maximum / max(source.size, target.size)
    }
}
