// What is left out in one directory: the configuration's patterns and the ignore files from the root down to it.
//
// The last pattern that matches decides: within a file the lower line, then the deeper file, then the configuration,
// which is the weakest. A decision holds for a directory as a whole: the walk never enters one that is excluded,
// so nothing below it can be taken in again. That is git's rule too.
//
// A rule set is a value that shares all it can. Levels lie in short arrays, linked when they are full: a plain array
// would cost the square of the depth in a deep tree with a file at every level, a link a level would
// overflow the stack when such a chain is released.

/// The exclusion rules that hold in one directory.
package struct RuleSet: Sendable {
    /// The name of the files that carry rules. Such a file is never excluded, so that a snapshot carries the rules that
    /// made it; a directory of this name has no privilege.
    package static let ignoreFileName: [UInt8] = Array(".snapignore".utf8)

    private struct Level {
        let patterns: CompiledPatterns
        let base: Int
    }

    private final class Shallower: Sendable {
        let levels: [Level]
        let next: Shallower?

        init(levels: [Level], next: Shallower?) {
            self.levels = levels
            self.next = next
        }
    }

    private static let levelsPerLink = 64

    /// The deepest levels, deepest last.
    private var levels: [Level] = []
    private var shallower: Shallower?

    /// No rules.
    package init() {}

    /// The rules of the configuration, which hold everywhere and yield to every ignore file. Their paths begin at the root.
    package init(base: IgnoreFile) {
        if !base.isEmpty { levels.append(Level(patterns: base.patterns, base: 0)) }
    }

    /// Whether nothing at all is excluded.
    package var isEmpty: Bool { levels.isEmpty }

    /// The rules in the directory at `directoryPath`, given those of its parent and its own ignore file.
    ///
    /// For the root's own file the path is empty. A directory with files of two kinds is entered twice, the weaker file
    /// first. Constant time; without a file, or with one that says nothing, the same rules.
    /// - Parameter directoryPath: from the root, without a slash at either end.
    package func entering(directoryPath: [UInt8], file: IgnoreFile?) -> RuleSet {
        guard let file, !file.isEmpty else { return self }
        var result = self
        if levels.count == Self.levelsPerLink {
            result.shallower = Shallower(levels: levels, next: shallower)
            result.levels = []
        }
        result.levels.append(Level(patterns: file.patterns, base: directoryPath.count))
        return result
    }

    /// The pattern that excludes an entry; nil if it is not excluded.
    ///
    /// Allocates nothing. Time: for each pattern mostly one comparison, at worst the product of the lengths of pattern
    /// and path.
    /// - Parameters:
    ///   - name: the entry's name.
    ///   - isDirectory: whether it is a directory itself; a symbolic link to one is not.
    ///   - directoryPath: the path of the directory that it is in, as given to `entering`.
    package func excludes(name: Span<UInt8>, isDirectory: Bool, in directoryPath: [UInt8]) -> Match? {
        guard let match = decision(name: name, isDirectory: isDirectory, in: directoryPath), !match.isNegated else {
            return nil
        }
        if !isDirectory, isIgnoreFile(name) { return nil }
        return match
    }

    /// The last pattern that matches an entry, negated or not; nil if none does.
    func decision(name: Span<UInt8>, isDirectory: Bool, in directoryPath: [UInt8]) -> Match? {
        if levels.isEmpty { return nil }
        let directory = directoryPath.span
        var current = levels
        var next = shallower
        while true {
            var index = current.count
            while index > 0 {
                index -= 1
                let level = current[index]
                let found = level.patterns.lastMatch(
                    name: name, isDirectory: isDirectory, directory: directory, base: level.base)
                if let found { return Match(patterns: level.patterns, index: found) }
            }
            guard let link = next else { return nil }
            current = link.levels
            next = link.next
        }
    }

    private func isIgnoreFile(_ name: Span<UInt8>) -> Bool {
        guard name.count == Self.ignoreFileName.count else { return false }
        return name.indices.allSatisfy { name[$0] == Self.ignoreFileName[$0] }
    }
}

extension RuleSet {
    /// The pattern that decided, and where it stands.
    package struct Match: Sendable {
        fileprivate let patterns: CompiledPatterns
        fileprivate let index: Int

        /// The source given with the ignore file: its path, or a configuration key.
        package var source: [UInt8] { patterns.source }
        /// The line in the source, from 1.
        package var line: Int { patterns.origins[index].line }
        /// The pattern as written, without trailing spaces.
        package var text: [UInt8] { patterns.origins[index].text }

        var isNegated: Bool { patterns.heads[index].isNegated }
    }
}
