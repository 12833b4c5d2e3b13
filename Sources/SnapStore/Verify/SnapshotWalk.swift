// Checks that everything a snapshot refers to is there, and names the paths for which it is not.
//
// Snapshots share almost everything, so what was found whole is not looked at again: a tree is walked once, however
// many snapshots have it. A tree with damage below it is walked again for each snapshot, as long as paths are listed,
// because its path may differ; after that its count is enough. The way down is a loop and not a recursion, because
// directories can be deeper than a stack.

internal import SnapSystem

final class SnapshotWalk {
    struct Result {
        var snapshot: ObjectID
        /// Paths that cannot be put back whole.
        var count: UInt64 = 0
        /// The first of them.
        var hurt: [VerifyReport.Hurt] = []
    }

    /// A tree, or a list of trees, whose sub-directories are being walked.
    private struct Frame {
        var reference: ContentReference
        /// Length of the path down to it.
        var pathLength: Int
        /// The next is the last. The name is nil for a part of the same directory.
        var rest: [(name: [UInt8]?, content: ContentReference)]
        var hurt: UInt64 = 0
    }

    private struct Known {
        var count: UInt64
        /// Why the tree itself cannot be read.
        var reason: String?
    }

    private let reader: ObjectReader
    private let content: ContentCheck
    private let progress: VerifyProgress
    /// Found whole, by level.
    private var clean: [ObjectKeySet]
    private var hurt: [ContentReference: Known] = [:]
    private var frames: [Frame] = []
    private var path: [UInt8] = []
    private var result = Result(snapshot: .zero)
    private var listingLimit = 0
    private var unsupportedCount: UInt64 = 0
    private var files: UInt64 = 0
    /// Bytes of manifests, trees and lists.
    private(set) var bytesRead: UInt64 = 0

    /// Objects in `lost` are known to be unreadable. With `isFull`, what is kept as content and needed whole is
    /// decoded.
    init(_ packs: PackSet, lost: Set<ObjectKey>, isFull: Bool, _ progress: VerifyProgress) {
        reader = ObjectReader(packs)
        content = ContentCheck(packs, reader, lost: lost, isFull: isFull)
        self.progress = progress
        clean = Array(repeating: ObjectKeySet(), count: Int(ContentReference.maximumLevel) + 1)
    }

    var notes: [String] {
        unsupportedCount == 0
            ? [] : ["\(unsupportedCount) entries are of a newer version and were not checked"]
    }

    /// At most `listing` paths are named.
    func check(_ snapshot: ObjectID, listing: Int) throws(PackError) -> Result {
        result = Result(snapshot: snapshot)
        listingLimit = listing
        path = []
        frames = []
        do throws(ContentError) {
            let bytes = try read(ObjectKey(.manifest, snapshot))
            let tree = try read(ObjectKey(.tree, try Self.root(bytes)))
            let entry: TreeEntry
            do throws(EntryError) { entry = try TreeEntry(decodingRootTree: tree) } catch { throw ContentError(error) }
            if let problem = try content.problem(of: entry) { result.count += note(problem) }
            if let content = entry.content { result.count = result.count.addingSaturated(try walk(content)) }
        } catch {
            if case .store(.cancelled) = error { throw .cancelled }
            result.count = result.count.addingSaturated(note(error.reason))
        }
        progress.advance(files: files, bytes: 0)
        files = 0
        return result
    }

    private static func root(_ bytes: [UInt8]) throws(ContentError) -> ObjectID {
        do throws(ManifestError) {
            return try Manifest(decoding: bytes).root
        } catch {
            throw .damaged("its manifest: \(error.reason)")
        }
    }

    private func read(_ key: ObjectKey) throws(ContentError) -> [UInt8] {
        do throws(PackError) {
            let bytes = try reader.read(key)
            bytesRead &+= UInt64(bytes.count)
            return bytes
        } catch {
            throw .store(error)
        }
    }

    /// One path is hurt.
    private func note(_ reason: String, _ name: [UInt8] = []) -> UInt64 {
        if result.hurt.count < listingLimit {
            let whole = join(name)
            result.hurt.append(
                VerifyReport.Hurt(
                    snapshot: result.snapshot, path: whole.isEmpty ? TreeEntry.rootName : whole, reason: reason))
        }
        return 1
    }

    private func join(_ name: [UInt8]) -> [UInt8] {
        path.isEmpty ? name : name.isEmpty ? path : path + [0x2F] + name
    }

    /// How many paths below the content of the root are hurt.
    private func walk(_ content: ContentReference) throws(ContentError) -> UInt64 {
        var total = try visit(content)
        while let top = frames.indices.last {
            path.removeLast(path.count - frames[top].pathLength)
            if let next = frames[top].rest.popLast() {
                if let name = next.name { path = join(name) }
                let count = try visit(next.content)
                frames[top].hurt = frames[top].hurt.addingSaturated(count)
                continue
            }
            let done = frames.removeLast()
            if done.hurt == 0 {
                _ = try? clean[Int(done.reference.level)].insert(Self.key(done.reference))
            } else {
                hurt[done.reference] = Known(count: done.hurt, reason: nil)
            }
            if let above = frames.indices.last {
                frames[above].hurt = frames[above].hurt.addingSaturated(done.hurt)
            } else {
                total = total.addingSaturated(done.hurt)
            }
        }
        return total
    }

    private static func key(_ reference: ContentReference) -> ObjectKey {
        ObjectKey(reference.level == 0 ? .tree : .list, reference.id)
    }

    /// Starts on a tree or a list of trees at `path`. Answers how many paths are hurt if that is known already.
    private func visit(_ reference: ContentReference) throws(ContentError) -> UInt64 {
        if (try? clean[Int(reference.level)].contains(Self.key(reference))) == true { return 0 }
        if let known = hurt[reference] {
            if let reason = known.reason { return note(reason) }
            if result.hurt.count >= listingLimit { return known.count }
        }
        if progress.isCancelled { throw .store(.cancelled) }
        do throws(ContentError) {
            if reference.level == 0 {
                try start(tree: reference)
            } else {
                let items = try reader.readList(reference, leaves: .tree)
                bytesRead &+= UInt64(items.count * 44)
                frames.append(
                    Frame(
                        reference: reference, pathLength: path.count,
                        rest: items.reversed().map { (nil, $0.reference) }))
            }
            return 0
        } catch {
            if case .store(.cancelled) = error { throw error }
            hurt[reference] = Known(count: 1, reason: error.reason)
            return note(error.reason)
        }
    }

    private func start(tree reference: ContentReference) throws(ContentError) {
        let (bytes, ranges) = try reader.readTree(reference.id)
        bytesRead &+= UInt64(bytes.count)
        var frame = Frame(reference: reference, pathLength: path.count, rest: [])
        for range in ranges {
            let entry: TreeEntry
            do throws(EntryError) {
                entry = try unsafe TreeEntry(decoding: bytes.span.bytes.extracting(range))
            } catch {
                if case .unsupported = error {
                    unsupportedCount += 1
                } else {
                    frame.hurt += note(error.reason, bytes.entryName(range))
                }
                continue
            }
            files += 1
            if let problem = try content.problem(of: entry) { frame.hurt += note(problem, entry.name) }
            if entry.type == .directory, !entry.isGapWithoutContent, let below = entry.content {
                frame.rest.append((entry.name, below))
            }
        }
        frame.rest.reverse()
        frames.append(frame)
        if files >= 4096 {
            progress.advance(files: files, bytes: 0)
            files = 0
        }
    }
}
