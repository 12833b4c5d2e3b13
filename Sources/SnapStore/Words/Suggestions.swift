// "Did you mean": the known words nearest to one that is not known.
//
// Nearness is the optimal string alignment distance (Damerau 1964: insertion, deletion, substitution, exchange of neighbours),
// as git uses for its own commands. It costs length × length, so long words are not compared at all.

/// The words that `typed` may have been meant to be, best first, at most three.
package func suggestions(for typed: String, among words: [String]) -> [String] {
    let limit = 64
    guard !typed.isEmpty, typed.utf8.count <= limit else { return [] }
    let tolerance = max(1, typed.utf8.count / 3)
    let near = words.compactMap { word -> (word: String, distance: Int)? in
        if typed.utf8.count >= 2, word.hasPrefix(typed) { return (word, 0) }
        guard word.utf8.count <= limit else { return nil }
        let distance = editDistance(typed, word)
        return distance <= tolerance ? (word, distance) : nil
    }
    guard let best = near.map(\.distance).min() else { return [] }
    return Array(near.filter { $0.distance == best }.map(\.word).sorted().prefix(3))
}

/// How many insertions, deletions, substitutions and exchanges of neighbours lead from one word to the other.
package func editDistance(_ a: String, _ b: String) -> Int {
    let a = Array(a.utf8)
    let b = Array(b.utf8)
    var beforeLast = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    for i in a.indices {
        var row = [i + 1] + [Int](repeating: 0, count: b.count)
        for j in b.indices {
            var cost = min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                cost = min(cost, beforeLast[j - 1] + 1)
            }
            row[j + 1] = cost
        }
        beforeLast = last
        last = row
    }
    return last[b.count]
}
