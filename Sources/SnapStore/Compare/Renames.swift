// Which removed file became which added one, found in git's order, so that both name the same pairs.
//
// First come files with equal contents. Then files that keep their name in another directory, if that name is there
// only once on each side and most of the content stayed: this settles most renames for the price of one comparison
// each. What is left is compared each with each, up to a limit, and the most alike become pairs. A file is in one pair
// only.
//
// For each added file only the four best candidates are kept, and which place a candidate takes among them decides
// where scores are equal. So candidates that have no chance are recorded too, as git does.

/// Finds renames among the files that only one of two states has.
package struct RenameDetection {
    /// A file that is on one side only.
    package struct File: Sendable {
        package var path: [UInt8]
        /// Others are renamed only as they are.
        package var isRegular: Bool
        /// As git has it; what is not regular must have equal ones.
        package var mode: UInt32
        /// Bytes.
        package var size: UInt64
        /// Equal if the contents are, and only then.
        package var identity: [UInt8]

        package init(path: [UInt8], isRegular: Bool, mode: UInt32, size: UInt64, identity: [UInt8]) {
            self.path = path
            self.isRegular = isRegular
            self.mode = mode
            self.size = size
            self.identity = identity
        }
    }

    package struct Options: Sendable {
        /// How much must have stayed, of 60,000. Zero stands for one half; with 60,000 contents must be equal.
        package var minimumScore = 30_000
        /// Where more than the square of this would have to be compared, each with each, none are; zero for no limit.
        package var limit = 1000
        /// Whether what follows the last line end counts, as it does for git from 2.43.2 on.
        package var countsUnfinishedPiece = false

        package init() {}
    }

    package struct Pair: Sendable, Equatable {
        /// Places in what was given.
        package let removedIndex: Int
        package let addedIndex: Int
        /// Of 60,000.
        package let score: Int

        package var percent: Int { score * 100 / Similarity.maximum }
    }

    /// What was found.
    package struct Renames: Sendable {
        /// In the order of the added files.
        package var pairs: [Pair] = []
        /// Files were too many to be compared each with each; with this limit they would have been.
        package var neededLimit: Int?
    }

    private let removed: [File]
    private let added: [File]
    private let options: Options
    private let observer: Observer

    /// Both in the order of their paths.
    package init(
        removed: [File], added: [File], _ options: Options = Options(), observer: Observer = Observer()
    ) {
        self.removed = removed
        self.added = added
        self.options = options
        self.observer = observer
    }

    /// `content` gives the bytes of a file; nil if they cannot be compared. It is asked only for regular files whose
    /// sizes leave a chance, seldom more than twice for one.
    package func find(_ content: (File) throws(StoreError) -> [UInt8]?) throws(StoreError) -> Renames {
        guard !removed.isEmpty && !added.isEmpty else { return Renames() }
        var search = RenameSearch(removed, added, options, observer)
        search.matchIdentical()
        if search.minimum >= Similarity.maximum { return Renames(pairs: search.found) }
        try search.matchBaseNames(content)
        let neededLimit = try search.matchAlike(content)
        return Renames(pairs: search.found, neededLimit: neededLimit)
    }
}

private struct RenameSearch {
    typealias File = RenameDetection.File

    /// What two files must have in common to be the same.
    private struct Sameness: Hashable {
        let identity: [UInt8]
        /// nil for regular files: whether they can be executed makes no difference.
        let mode: UInt32?

        init(_ file: File) {
            identity = file.identity
            mode = file.isRegular ? nil : file.mode
        }
    }

    private enum Occurrence {
        case none
        case once(Int)
        case several
    }

    /// What one added file may have been.
    private struct Candidate {
        let removed: Int
        let added: Int
        let score: Int
        let isNamesake: Bool
    }

    /// Of files with equal contents, so many are looked at for one with the right name.
    private static let identicalLimit = 100
    private static let candidatesPerFile = 4
    /// So many pieces of removed files are held at once (8 bytes each); if there are more, added files are read again.
    private static let heldPieces = 8 << 20

    private let removed: [File]
    private let added: [File]
    private let options: RenameDetection.Options
    private let observer: Observer
    let minimum: Int
    /// Of each added file.
    private var pairs: [RenameDetection.Pair?]
    private var isTaken: [Bool]
    /// Equal numbers are equal base names.
    private let removedNames: [Int]
    private let addedNames: [Int]
    private let nameCount: Int

    init(
        _ removed: [File], _ added: [File], _ options: RenameDetection.Options, _ observer: Observer
    ) {
        self.removed = removed
        self.added = added
        self.options = options
        self.observer = observer
        let wanted = options.minimumScore > 0 ? options.minimumScore : Similarity.maximum / 2
        minimum = min(wanted, Similarity.maximum)
        pairs = Array(repeating: nil, count: added.count)
        isTaken = Array(repeating: false, count: removed.count)
        var numbers: [[UInt8]: Int] = [:]
        removedNames = Self.numberNames(of: removed, &numbers)
        addedNames = Self.numberNames(of: added, &numbers)
        nameCount = numbers.count
    }

    private static func numberNames(of files: [File], _ numbers: inout [[UInt8]: Int]) -> [Int] {
        var result: [Int] = []
        result.reserveCapacity(files.count)
        for file in files {
            let name = lastName(file.path)
            let next = numbers.count
            let number = numbers[name] ?? next
            if number == next { numbers[name] = next }
            result.append(number)
        }
        return result
    }

    var found: [RenameDetection.Pair] {
        var result: [RenameDetection.Pair] = []
        for pair in pairs {
            if let pair { result.append(pair) }
        }
        return result
    }

    private mutating func record(_ source: Int, _ target: Int, _ score: Int) {
        pairs[target] = RenameDetection.Pair(removedIndex: source, addedIndex: target, score: score)
        isTaken[source] = true
    }

    // MARK: Equal contents

    /// Each added file takes the first that is left of those with its content, one with its base name rather.
    mutating func matchIdentical() {
        // Those with one content are a chain in their order, from which whatever is taken goes.
        var first: [Sameness: Int] = [:]
        var next = [Int?](repeating: nil, count: removed.count)
        for index in removed.indices.reversed() {
            let key = Sameness(removed[index])
            next[index] = first[key]
            first[key] = index
        }
        for target in added.indices {
            let key = Sameness(added[target])
            var best: Int?
            var beforeBest: Int?
            var before: Int?
            var candidate = first[key]
            var count = 0
            while let source = candidate, count < Self.identicalLimit {
                let isNamesake = removedNames[source] == addedNames[target]
                if best == nil || isNamesake {
                    best = source
                    beforeBest = before
                }
                if isNamesake { break }
                before = source
                candidate = next[source]
                count += 1
            }
            guard let taken = best else { continue }
            if let beforeBest { next[beforeBest] = next[taken] } else { first[key] = next[taken] }
            record(taken, target, Similarity.maximum)
        }
    }

    // MARK: Equal base names

    mutating func matchBaseNames(_ content: (File) throws(StoreError) -> [UInt8]?) throws(StoreError) {
        var removedOccurrences = [Occurrence](repeating: .none, count: nameCount)
        for index in removed.indices where !isTaken[index] {
            Self.count(index, &removedOccurrences[removedNames[index]])
        }
        var addedOccurrences = [Occurrence](repeating: .none, count: nameCount)
        for index in added.indices where pairs[index] == nil {
            Self.count(index, &addedOccurrences[addedNames[index]])
        }
        // A name is a hint, so more must have stayed than for those that are compared with all others.
        let needed = minimum + (Similarity.maximum - minimum) / 2
        for index in removed.indices where !isTaken[index] {
            let name = removedNames[index]
            guard case .once(let source) = removedOccurrences[name], case .once(let target) = addedOccurrences[name],
                Similarity.isPossible(removed[source].size, added[target].size, minimum: needed)
            else { continue }
            try stopIfCancelled()
            guard let old = try fingerprint(removed[source], content),
                let new = try fingerprint(added[target], content)
            else { continue }
            let score = Similarity.score(from: old, to: new)
            if score >= needed { record(source, target, score) }
        }
    }

    private static func count(_ index: Int, _ occurrence: inout Occurrence) {
        if case .none = occurrence { occurrence = .once(index) } else { occurrence = .several }
    }

    // MARK: Each with each

    /// Returns the limit that would have been needed, if there are too many.
    mutating func matchAlike(_ content: (File) throws(StoreError) -> [UInt8]?) throws(StoreError) -> Int? {
        var sources: [Int] = []
        for index in removed.indices where !isTaken[index] { sources.append(index) }
        var targets: [Int] = []
        for index in added.indices where pairs[index] == nil { targets.append(index) }
        guard !sources.isEmpty && !targets.isEmpty else { return nil }
        if Self.isTooMany(sources.count, targets.count, limit: options.limit) {
            return max(sources.count, targets.count)
        }
        let width = min(Self.candidatesPerFile, sources.count)
        var candidates = [Candidate?](repeating: nil, count: targets.count * width)
        try rate(sources, targets, width, &candidates, content)
        assign(candidates)
        return nil
    }

    private static func isTooMany(_ sources: Int, _ targets: Int, limit: Int) -> Bool {
        guard limit > 0 else { return false }
        let wanted = sources.multipliedReportingOverflow(by: targets)
        let allowed = limit.multipliedReportingOverflow(by: limit)
        if allowed.overflow { return false }
        return wanted.overflow || wanted.partialValue > allowed.partialValue
    }

    /// Fills the best candidates of each of `targets`: `width` places for each.
    private func rate(
        _ sources: [Int], _ targets: [Int], _ width: Int, _ candidates: inout [Candidate?],
        _ content: (File) throws(StoreError) -> [UInt8]?
    ) throws(StoreError) {
        var sizes: [UInt64] = []
        for target in targets where added[target].isRegular { sizes.append(added[target].size) }
        sizes.sort()
        var start = 0
        while start < sources.count {
            // As many as may be held, and each of the targets against them; then the next.
            var prints: [ContentFingerprint?] = []
            var held = 0
            while start + prints.count < sources.count && held < Self.heldPieces {
                try stopIfCancelled()
                let file = removed[sources[start + prints.count]]
                var print: ContentFingerprint?
                if isNear(file.size, sizes) { print = try fingerprint(file, content) }
                held += print?.pieceCount ?? 0
                prints.append(print)
            }
            for (row, target) in targets.enumerated() {
                try stopIfCancelled()
                var targetPrint: ContentFingerprint?
                var isRead = false
                for (offset, sourcePrint) in prints.enumerated() {
                    let source = sources[start + offset]
                    var score = 0
                    if let sourcePrint,
                        Similarity.isPossible(removed[source].size, added[target].size, minimum: minimum)
                    {
                        if !isRead { targetPrint = try fingerprint(added[target], content) }
                        isRead = true
                        if let targetPrint { score = Similarity.score(from: sourcePrint, to: targetPrint) }
                    }
                    let isNamesake = removedNames[source] == addedNames[target]
                    let candidate = Candidate(removed: source, added: target, score: score, isNamesake: isNamesake)
                    Self.keep(candidate, in: row * width..<(row + 1) * width, &candidates)
                }
            }
            start += prints.count
        }
    }

    /// One of `sizes`, which are in order, is so near that the contents may be alike.
    private func isNear(_ size: UInt64, _ sizes: [UInt64]) -> Bool {
        var low = 0
        var high = sizes.count
        while low < high {
            let middle = low + (high - low) / 2
            if sizes[middle] < size { low = middle + 1 } else { high = middle }
        }
        if low < sizes.count && Similarity.isPossible(size, sizes[low], minimum: minimum) { return true }
        return low > 0 && Similarity.isPossible(size, sizes[low - 1], minimum: minimum)
    }

    /// Puts a candidate in the place of the worst, if that is worse.
    private static func keep(_ candidate: Candidate, in places: Range<Int>, _ candidates: inout [Candidate?]) {
        var worst = places.lowerBound
        for place in places where isWorse(candidates[place], than: candidates[worst]) { worst = place }
        if isWorse(candidates[worst], than: candidate) { candidates[worst] = candidate }
    }

    /// An empty place is the worst. Of equal scores, one with the same base name is better.
    private static func isWorse(_ first: Candidate?, than second: Candidate?) -> Bool {
        guard let second else { return false }
        guard let first else { return true }
        if first.score != second.score { return first.score < second.score }
        return second.isNamesake && !first.isNamesake
    }

    /// The best first; of equal ones, those in earlier places.
    private mutating func assign(_ candidates: [Candidate?]) {
        var likely: [Candidate] = []
        for candidate in candidates {
            if let candidate, candidate.score >= minimum { likely.append(candidate) }
        }
        var order = Array(likely.indices)
        order.sort { first, second in
            if Self.isWorse(likely[second], than: likely[first]) { return true }
            if Self.isWorse(likely[first], than: likely[second]) { return false }
            return first < second
        }
        for place in order {
            let candidate = likely[place]
            if pairs[candidate.added] == nil && !isTaken[candidate.removed] {
                record(candidate.removed, candidate.added, candidate.score)
            }
        }
    }

    // MARK: Contents

    private func fingerprint(_ file: File, _ content: (File) throws(StoreError) -> [UInt8]?) throws(StoreError)
        -> ContentFingerprint?
    {
        guard file.isRegular && file.size > 0, let bytes = try content(file) else { return nil }
        return ContentFingerprint(of: bytes, countsUnfinishedPiece: options.countsUnfinishedPiece)
    }

    private func stopIfCancelled() throws(StoreError) {
        if observer.isCancelled?() ?? false { throw .cancelled }
    }
}
