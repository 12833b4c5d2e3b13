// Which entries of a snapshot are put back when only some paths were asked for, settled before anything is made: a
// pattern that matches nothing is an error then, and directories are made only on the way to something that is selected.
//
// The snapshot's trees are walked for it, as far as anything selected could be in them. What cannot be read there is
// selected, if it could hold something that is: putting it back fails, and says so. Directories are numbers and not
// nested values, because trees may be deeper than a stack.

internal import SnapSystem

struct RestoreSelection: Sendable {
    enum Choice: Sendable, Hashable {
        /// The entry, and all below it.
        case whole
        /// A directory on the way to selected entries; its number.
        case part(Int)
    }

    private struct Place: Hashable {
        var directory: Int
        var name: [UInt8]
    }

    private var choices: [Place: Choice] = [:]
    let root: Choice

    static let everything = RestoreSelection(root: .whole)

    private init(root: Choice) {
        self.root = root
    }

    /// nil: nothing at or below `name` is selected. `directory` is the number of the directory that it is in.
    func choice(of name: [UInt8], in directory: Int) -> Choice? {
        choices[Place(directory: directory, name: name)]
    }

    /// Finds the selected entries below a root entry. Throws `pathNotFound` for the first pattern that selects nothing,
    /// and `cancelled`.
    init(_ paths: PathSelection, in entry: TreeEntry, _ reader: ObjectReader, _ observer: Observer) throws(StoreError) {
        var search = Search(paths)
        try search.walk(entry, reader, observer)
        if let path = search.findings.unmatched.first { throw .pathNotFound(path: path) }
        self.init(root: paths.isEverything ? .whole : .part(0))
        choices = search.choices
    }

    private struct Search {
        /// A directory that is walked; the root's `above` is its own number.
        private struct Known {
            var above: Int
            var name: [UInt8]
            var isChosen: Bool
        }

        private struct Step {
            var content: ContentReference
            var path: [UInt8]
            /// nil: it is selected as a whole, and walked for patterns that nothing was found for.
            var number: Int?
        }

        private let paths: PathSelection
        private(set) var findings: PathSelection.Findings
        private(set) var choices: [Place: Choice] = [:]
        private var known = [Known(above: 0, name: [], isChosen: true)]
        private var steps: [Step] = []

        init(_ paths: PathSelection) {
            self.paths = paths
            findings = PathSelection.Findings(paths)
        }

        mutating func walk(_ root: TreeEntry, _ reader: ObjectReader, _ observer: Observer) throws(StoreError) {
            enter(root, [], paths.isEverything ? nil : 0)
            while let step = steps.popLast() {
                if step.number == nil, !findings.areOpen(below: step.path) { continue }
                var trees: [ObjectID] = []
                var isReadable = true
                reader.forEachTree(of: step.content) {
                    trees.append($0)
                } onProblem: { _ in
                    isReadable = false
                }
                for tree in trees {
                    if let isCancelled = observer.isCancelled, isCancelled() { throw .cancelled }
                    do throws(ContentError) {
                        let (bytes, ranges) = try reader.readTree(tree)
                        for range in ranges { note(bytes, range, in: step) }
                    } catch {
                        isReadable = false
                    }
                }
                if !isReadable {
                    findings.noteUnreadable(step.path)
                    choose(step.number)
                }
            }
        }

        private mutating func note(_ bytes: [UInt8], _ range: Range<Int>, in step: Step) {
            let name = bytes.entryName(range)
            let path = step.path.isEmpty ? name : step.path + [0x2F] + name
            do throws(EntryError) {
                let entry = unsafe try TreeEntry(decoding: bytes.span.bytes.extracting(range))
                note(entry, path, in: step)
            } catch {
                // Only what is there in full can be known to hold nothing that is selected.
                guard paths.contains(path) || paths.mayContain(below: path) || name.isEmpty else { return }
                findings.note(path)
                findings.noteUnreadable(name.isEmpty ? step.path : path)
                choose(name, .whole, in: step.number)
            }
        }

        private mutating func note(_ entry: TreeEntry, _ path: [UInt8], in step: Step) {
            let isDirectory = entry.type == .directory
            if step.number == nil || paths.contains(path, isDirectory: isDirectory) {
                findings.note(path, isDirectory: isDirectory)
                choose(entry.name, .whole, in: step.number)
                if isDirectory { enter(entry, path, nil) }
            } else if isDirectory, let above = step.number, paths.mayContain(below: path) {
                known.append(Known(above: above, name: entry.name, isChosen: false))
                enter(entry, path, known.count - 1)
            }
        }

        private mutating func enter(_ directory: TreeEntry, _ path: [UInt8], _ number: Int?) {
            guard let content = directory.content else { return }
            steps.append(Step(content: content, path: path, number: number))
        }

        /// Chooses an entry, and the way to it. `directory` nil: it is chosen with its directory.
        private mutating func choose(_ name: [UInt8], _ choice: Choice, in directory: Int?) {
            guard let directory else { return }
            choices[Place(directory: directory, name: name)] = choice
            choose(directory)
        }

        private mutating func choose(_ directory: Int?) {
            guard var number = directory else { return }
            while !known[number].isChosen {
                known[number].isChosen = true
                let place = Place(directory: known[number].above, name: known[number].name)
                choices[place] = .part(number)
                number = known[number].above
            }
        }
    }
}
