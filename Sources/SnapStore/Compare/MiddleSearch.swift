// The search of `LineDiff` for a short way between two rows of numbers, from both ends to the middle and then in both halves.
//
// A diagonal `d` is where the place in the first row is `d` ahead of that in the second. For each, the furthest place in the first row is kept that so many steps lead to.

/// One search. The rows are at most 2³⁰ long together.
struct MiddleSearch {
    private let a: [Int32]
    private let b: [Int32]
    private(set) var changedA: [Bool]
    private(set) var changedB: [Bool]
    /// By diagonal, from the start and from the end; index 0 is diagonal -(b.count + 1).
    private var forward: [Int32]
    private var backward: [Int32]
    private let origin: Int
    /// Steps after which the best point so far has to do.
    private let costLimit: Int

    private static let snakeLength = 20
    private static let heuristicCost = 256
    private static let leastCostLimit = 256
    /// So many times the steps a diagonal must have gone ahead.
    private static let lead = 4

    init(_ a: [Int32], _ b: [Int32]) {
        self.a = a
        self.b = b
        changedA = Array(repeating: false, count: a.count)
        changedB = Array(repeating: false, count: b.count)
        let diagonals = a.count + b.count + 3
        forward = Array(repeating: 0, count: diagonals)
        backward = forward
        origin = b.count + 1
        costLimit = max(LineDiff.roughRoot(diagonals), Self.leastCostLimit)
    }

    /// A part of both rows, and whether the shortest way in it is asked for.
    private struct Box {
        var a: Range<Int>
        var b: Range<Int>
        var isExact: Bool
    }

    private struct Split {
        var a: Int
        var b: Int
        var isExactBefore = true
        var isExactAfter = true
    }

    mutating func run() {
        var pending = [Box(a: 0..<a.count, b: 0..<b.count, isExact: false)]
        while let box = pending.popLast() {
            var (low, high) = ((a: box.a.lowerBound, b: box.b.lowerBound), (a: box.a.upperBound, b: box.b.upperBound))
            while low.a < high.a && low.b < high.b && a[low.a] == b[low.b] {
                low.a += 1
                low.b += 1
            }
            while low.a < high.a && low.b < high.b && a[high.a - 1] == b[high.b - 1] {
                high.a -= 1
                high.b -= 1
            }
            if low.a == high.a {
                for index in low.b..<high.b { changedB[index] = true }
            } else if low.b == high.b {
                for index in low.a..<high.a { changedA[index] = true }
            } else {
                let split = split(Box(a: low.a..<high.a, b: low.b..<high.b, isExact: box.isExact))
                pending.append(Box(a: split.a..<high.a, b: split.b..<high.b, isExact: split.isExactAfter))
                pending.append(Box(a: low.a..<split.a, b: low.b..<split.b, isExact: split.isExactBefore))
            }
        }
    }

    /// A point on a short way through the box.
    private mutating func split(_ box: Box) -> Split {
        let (a, b, origin, costLimit) = (a, b, origin, costLimit)
        // The loops below are all that a comparison costs: plain memory, indices bounded by the box.
        return unsafe a.withUnsafeBufferPointer { a in
            unsafe b.withUnsafeBufferPointer { b in
                unsafe forward.withUnsafeMutableBufferPointer { forward in
                    unsafe backward.withUnsafeMutableBufferPointer { backward in
                        guard let first = a.baseAddress, let second = b.baseAddress,
                            let ahead = forward.baseAddress, let behind = backward.baseAddress
                        else { return Split(a: box.a.upperBound, b: box.b.upperBound) }
                        let reach = unsafe Reach(
                            a: first, b: second, forward: ahead + origin, backward: behind + origin,
                            low: (box.a.lowerBound, box.b.lowerBound), high: (box.a.upperBound, box.b.upperBound))
                        return reach.split(isExact: box.isExact, costLimit: costLimit)
                    }
                }
            }
        }
    }

    /// The memory of a search. Its indices are bounded by the box that it is made for.
    @safe
    private struct Reach {
        let a: UnsafePointer<Int32>
        let b: UnsafePointer<Int32>
        /// Indexed by diagonal.
        let forward: UnsafeMutablePointer<Int32>
        let backward: UnsafeMutablePointer<Int32>
        let low: (a: Int, b: Int)
        let high: (a: Int, b: Int)

        @inline(__always)
        private func areEqual(_ i: Int, _ j: Int) -> Bool { unsafe a[i] == b[j] }
        @inline(__always)
        private func ahead(_ diagonal: Int) -> Int { unsafe Int(forward[diagonal]) }
        @inline(__always)
        private func behind(_ diagonal: Int) -> Int { unsafe Int(backward[diagonal]) }
        @inline(__always)
        private func setAhead(_ diagonal: Int, _ place: Int) {
            unsafe forward[diagonal] = Int32(truncatingIfNeeded: place)
        }
        @inline(__always)
        private func setBehind(_ diagonal: Int, _ place: Int) {
            unsafe backward[diagonal] = Int32(truncatingIfNeeded: place)
        }
        /// Where no way from the end leads.
        private static let beyond = Int(Int32.max)

        func split(isExact: Bool, costLimit: Int) -> Split {
            let least = low.a - high.b
            let most = high.a - low.b
            let start = low.a - low.b
            let end = high.a - high.b
            let isOdd = (start - end) & 1 != 0
            var (forwardLeast, forwardMost) = (start, start)
            var (backwardLeast, backwardMost) = (end, end)
            setAhead(start, low.a)
            setBehind(end, high.a)
            var cost = 1
            while true {
                var hasSnake = false
                // One step more from the start. Beyond the outermost diagonals stands what no way reaches.
                if forwardLeast > least {
                    forwardLeast -= 1
                    setAhead(forwardLeast - 1, -1)
                } else {
                    forwardLeast += 1
                }
                if forwardMost < most {
                    forwardMost += 1
                    setAhead(forwardMost + 1, -1)
                } else {
                    forwardMost -= 1
                }
                var diagonal = forwardMost
                while diagonal >= forwardLeast {
                    let below = ahead(diagonal - 1)
                    let above = ahead(diagonal + 1)
                    let first = below >= above ? below + 1 : above
                    var i = first
                    var j = i - diagonal
                    while i < high.a, j < high.b, areEqual(i, j) {
                        i += 1
                        j += 1
                    }
                    if i - first > MiddleSearch.snakeLength { hasSnake = true }
                    setAhead(diagonal, i)
                    if isOdd, backwardLeast <= diagonal, diagonal <= backwardMost,
                        behind(diagonal) <= i
                    {
                        return Split(a: i, b: j)
                    }
                    diagonal -= 2
                }
                // And one from the end.
                if backwardLeast > least {
                    backwardLeast -= 1
                    setBehind(backwardLeast - 1, Self.beyond)
                } else {
                    backwardLeast += 1
                }
                if backwardMost < most {
                    backwardMost += 1
                    setBehind(backwardMost + 1, Self.beyond)
                } else {
                    backwardMost -= 1
                }
                diagonal = backwardMost
                while diagonal >= backwardLeast {
                    let below = behind(diagonal - 1)
                    let above = behind(diagonal + 1)
                    let first = below < above ? below : above - 1
                    var i = first
                    var j = i - diagonal
                    while i > low.a, j > low.b, areEqual(i - 1, j - 1) {
                        i -= 1
                        j -= 1
                    }
                    if first - i > MiddleSearch.snakeLength { hasSnake = true }
                    setBehind(diagonal, i)
                    if !isOdd, forwardLeast <= diagonal, diagonal <= forwardMost,
                        i <= ahead(diagonal)
                    {
                        return Split(a: i, b: j)
                    }
                    diagonal -= 2
                }
                if !isExact {
                    let forwardRange = stride(from: forwardMost, through: forwardLeast, by: -2)
                    let backwardRange = stride(from: backwardMost, through: backwardLeast, by: -2)
                    if hasSnake, cost > MiddleSearch.heuristicCost {
                        if let point = snakeAhead(forwardRange, start, cost) { return point }
                        if let point = snakeBehind(backwardRange, end, cost) { return point }
                    }
                    if cost >= costLimit { return furthest(forwardRange, backwardRange) }
                }
                cost += 1
            }
        }

        /// The end of a long run of equal lines, on the diagonal that is furthest ahead of what its steps explain.
        private func snakeAhead(_ diagonals: StrideThrough<Int>, _ start: Int, _ cost: Int) -> Split? {
            var result: Split?
            var best = 0
            let length = MiddleSearch.snakeLength
            for diagonal in diagonals {
                let i = ahead(diagonal)
                let j = i - diagonal
                let gain = (i - low.a) + (j - low.b) - abs(diagonal - start)
                guard gain > MiddleSearch.lead * cost, gain > best, low.a + length <= i, i < high.a,
                    low.b + length <= j, j < high.b
                else { continue }
                if (1...length).allSatisfy({ areEqual(i - $0, j - $0) }) {
                    best = gain
                    result = Split(a: i, b: j, isExactBefore: true, isExactAfter: false)
                }
            }
            return result
        }

        private func snakeBehind(_ diagonals: StrideThrough<Int>, _ end: Int, _ cost: Int) -> Split? {
            var result: Split?
            var best = 0
            let length = MiddleSearch.snakeLength
            for diagonal in diagonals {
                let i = behind(diagonal)
                let j = i - diagonal
                let gain = (high.a - i) + (high.b - j) - abs(diagonal - end)
                guard gain > MiddleSearch.lead * cost, gain > best, low.a < i, i <= high.a - length, low.b < j,
                    j <= high.b - length
                else { continue }
                if (0..<length).allSatisfy({ areEqual(i + $0, j + $0) }) {
                    best = gain
                    result = Split(a: i, b: j, isExactBefore: false, isExactAfter: true)
                }
            }
            return result
        }

        /// Whichever point has come furthest, from the start or from the end.
        private func furthest(_ fromStart: StrideThrough<Int>, _ fromEnd: StrideThrough<Int>) -> Split {
            var (forwardSum, forwardA) = (-1, -1)
            for diagonal in fromStart {
                var i = min(ahead(diagonal), high.a)
                var j = i - diagonal
                if high.b < j {
                    i = high.b + diagonal
                    j = high.b
                }
                if forwardSum < i + j { (forwardSum, forwardA) = (i + j, i) }
            }
            var (backwardSum, backwardA) = (Int.max, Int.max)
            for diagonal in fromEnd {
                var i = max(low.a, behind(diagonal))
                var j = i - diagonal
                if j < low.b {
                    i = low.b + diagonal
                    j = low.b
                }
                if i + j < backwardSum { (backwardSum, backwardA) = (i + j, i) }
            }
            if high.a + high.b - backwardSum < forwardSum - (low.a + low.b) {
                return Split(a: forwardA, b: forwardSum - forwardA, isExactBefore: true, isExactAfter: false)
            }
            return Split(a: backwardA, b: backwardSum - backwardA, isExactBefore: false, isExactAfter: true)
        }
    }
}
