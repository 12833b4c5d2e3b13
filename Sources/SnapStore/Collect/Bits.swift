// A bit for each of some numbered things: which objects of a pack, or which of its blocks.

struct Bits {
    private var words: [UInt64]
    /// How many there are, set or not.
    let count: Int

    init(count: Int) {
        self.count = max(count, 0)
        words = [UInt64](repeating: 0, count: (self.count + 63) / 64)
    }

    /// False for a number that there is none of.
    func contains(_ number: Int) -> Bool {
        guard number >= 0, number < count else { return false }
        return words[number >> 6] & Self.bit(number) != 0
    }

    /// False if it was set already.
    mutating func insert(_ number: Int) -> Bool {
        guard number >= 0, number < count else { return false }
        let bit = Self.bit(number)
        guard words[number >> 6] & bit == 0 else { return false }
        words[number >> 6] |= bit
        return true
    }

    mutating func remove(_ number: Int) {
        guard number >= 0, number < count else { return }
        words[number >> 6] &= ~Self.bit(number)
    }

    /// The first that is set, from `start` on; nil if none is.
    func next(from start: Int) -> Int? {
        var number = max(start, 0)
        while number < count {
            let rest = words[number >> 6] >> UInt64(number & 63)
            if rest != 0 { return number + rest.trailingZeroBitCount }
            number = (number | 63) + 1
        }
        return nil
    }

    /// Those that are set, ascending.
    var numbers: [Int] {
        var result: [Int] = []
        var found = next(from: 0)
        while let number = found {
            result.append(number)
            found = next(from: number + 1)
        }
        return result
    }

    var isEmpty: Bool { next(from: 0) == nil }

    /// How many are set.
    var setCount: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    private static func bit(_ number: Int) -> UInt64 { 1 << UInt64(number & 63) }
}
