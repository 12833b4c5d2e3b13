// What a snapshot's own rules say of a path that it does not have: would it have been covered, so that its absence is a fact?
//
// Only then may a revert remove what is there now. The rules are those in the manifest, and the ignore files in the snapshot's own trees.

internal import SnapSystem

/// Why a snapshot says nothing of a path; nil: it would have been covered.
typealias Excuse = String

final class TargetRules {
    private let source: TreeSource
    private let base: RuleSet
    private let reads: Bool
    /// What holds inside a directory, by path.
    private var known: [[UInt8]: Inside] = [:]

    private enum Inside {
        case rules(RuleSet)
        /// Nothing is known of what is not there.
        case excused(Excuse)
    }

    init(_ rules: Rules, _ source: TreeSource) {
        self.source = source
        let exclude = rules.exclude.map { $0.bytes }
        base =
            exclude.isEmpty
            ? RuleSet() : RuleSet(base: IgnoreFile(source: Array("take.exclude".utf8), lines: exclude))
        reads = rules.ignoreFiles.contains(Text(bytes: RuleSet.ignoreFileName))
    }

    /// Notes a directory of the snapshot and its entries; call it for a directory after those above it.
    func enter(_ path: [UInt8], _ directory: TreeEntry, _ entries: [TreeEntry]) {
        known[path] = inside(path, directory, entries)
    }

    private func inside(_ path: [UInt8], _ directory: TreeEntry, _ entries: [TreeEntry]) -> Inside {
        if directory.isPartlyCovered { return .excused("it was in a cache directory") }
        let above: RuleSet
        if path.isEmpty {
            above = base
        } else {
            let parent = parentPath(path)
            switch known[parent] {
            case .rules(let rules): above = rules
            case .excused(let excuse): return .excused(excuse)
            case nil: return .excused("its rules there are not known")
            }
            // It is here only because a later revert asked for some paths in it.
            if let excuse = excuse(lastName(path), isDirectory: true, in: parent) { return .excused(excuse) }
        }
        guard reads, let file = entries.first(where: { $0.name == RuleSet.ignoreFileName }), file.type == .file else {
            return .rules(above)
        }
        guard !file.isGapWithoutContent, let contents = try? source.content(of: file, limit: 1 << 24) else {
            return .excused("its rules there cannot be read")
        }
        return .rules(
            above.entering(
                directoryPath: path, file: IgnoreFile(source: join(path, file.name), contents: contents)))
    }

    /// nil if an entry of this name in `directory`, which was entered, would have been covered.
    func excuse(_ name: [UInt8], isDirectory: Bool, in directory: [UInt8]) -> Excuse? {
        switch known[directory] {
        case .excused(let excuse): return excuse
        case nil: return "its rules there are not known"
        case .rules(let rules):
            guard let match = rules.excludes(name: name.span, isDirectory: isDirectory, in: directory) else {
                return nil
            }
            let source = String(decoding: match.source, as: UTF8.self)
            return "\(source):\(match.line): \(String(decoding: match.text, as: UTF8.self))"
        }
    }
}
