// What each object that is written anew is written against: its anchor, another version of the same file or directory that has depth 0.
//
// A lineage has one anchor, a large file one for each place in it:
// - what a pack that stays has of the lineage: its newest version there, if that has depth 0, or what that one was written against, which by the order of the bases in a
//   block is known (`Pack.base`). So a file that changes every day is written against the same version every day, and at depth 1 every time;
// - else the version in the newest snapshot, which is itself written anew, without bases;
// - else, of what the newest snapshots do not have, nothing: all versions stand side by side in one block. Only where they take too much for that, the first becomes the anchor.
//
// So no object is written deeper than 1, and what it takes to open one can be told beforehand.

internal import SnapSystem

/// Used by one thread.
final class Anchors {
    private let living: LivingObjects
    private let progress: VerifyProgress

    /// A base stands in the contents frame and in the index: what is shorter than this takes no less with one.
    private static let leastLength: UInt32 = 512
    /// A longer one would be most of what a block may have as a prefix.
    private static let longest: UInt32 = 256 << 10
    /// Versions of one lineage that take less than this together stand in one block.
    private static let solidLength = OpenBlock.blockLength / 2
    /// Of a lineage, so many of the newest objects that stay are asked what they were written against.
    private static let attempts = 4

    init(_ living: LivingObjects, _ progress: VerifyProgress) {
        self.living = living
        self.progress = progress
    }

    /// Gives every object that was met and is to be written its anchor, if there is one.
    func assign() throws(PackError) {
        var met: [UInt32] = []
        for number in 0..<living.count where living[number].isMet { met.append(UInt32(truncatingIfNeeded: number)) }
        met.sort { a, b in
            let x = living[Int(a)]
            let y = living[Int(b)]
            return (x.type.rawValue, x.lineage, x.place, x.order) < (y.type.rawValue, y.lineage, y.place, y.order)
        }
        var start = 0
        while start < met.count {
            let first = living[Int(met[start])]
            var end = start
            var isTouched = false
            while end < met.count {
                let object = living[Int(met[end])]
                if object.lineage != first.lineage || object.type != first.type { break }
                if object.flags.contains(.moved) { isTouched = true }
                end += 1
            }
            if isTouched {
                if progress.isCancelled { throw .cancelled }
                assign(met[start..<end])
            }
            start = end
        }
    }

    /// The versions of one lineage, by place, and at each place the newest first.
    private func assign(_ group: ArraySlice<UInt32>) {
        var candidates = keptCandidates(group)
        if candidates.isEmpty { candidates = firsts(group, which: [.moved, .newest]) }
        if candidates.isEmpty {
            let length = group.reduce(0) { sum, number in
                let object = living[Int(number)]
                return object.flags.contains(.moved) ? sum + Int(object.length) : sum
            }
            if length > Self.solidLength { candidates = firsts(group, which: [.moved]) }
        }
        if candidates.isEmpty { return }
        var next = 0
        for number in group {
            var object = living[Int(number)]
            while next + 1 < candidates.count && candidates[next + 1].place <= object.place { next += 1 }
            let anchor = candidates[next].number
            guard object.flags.contains(.moved), !object.flags.contains(.pinned), anchor != Int(number),
                (Self.leastLength...Self.longest).contains(object.length)
            else { continue }
            object.anchor = UInt32(truncatingIfNeeded: anchor)
            living[Int(number)] = object
            living[anchor].flags.insert(.anchor)
        }
    }

    /// The first object with these flags at each place.
    private func firsts(_ group: ArraySlice<UInt32>, which flags: LivingObject.Flags) -> [(place: UInt32, number: Int)]
    {
        var result: [(place: UInt32, number: Int)] = []
        for number in group {
            let object = living[Int(number)]
            if object.flags.isSuperset(of: flags), object.length <= Self.longest, result.last?.place != object.place {
                result.append((object.place, Int(number)))
            }
        }
        return result
    }

    /// What stays and has depth 0, for each place where something stays.
    private func keptCandidates(_ group: ArraySlice<UInt32>) -> [(place: UInt32, number: Int)] {
        var result: [(place: UInt32, number: Int)] = []
        var place: UInt32?
        var failures = 0
        for number in group {
            let object = living[Int(number)]
            if object.place != place {
                place = object.place
                failures = 0
            }
            if !object.flags.contains(.kept) || result.last?.place == object.place || failures == Self.attempts {
                continue
            }
            if let anchor = keptAnchor(Int(number)) {
                result.append((object.place, anchor))
            } else {
                failures += 1
            }
        }
        return result
    }

    /// The object itself, or what it was written against. nil as well where that cannot be found out.
    private func keptAnchor(_ number: Int) -> Int? {
        do throws(PackError) {
            let object = living[number]
            let pack = living.packs[Int(object.pack)]
            let location = try living.location(number)
            if try pack.block(location.block).depth == 0 { return fit(number, location) }
            guard let base = try pack.base(of: location), base.type == object.type,
                let other = try living.find(base), living[other].flags.contains(.kept)
            else { return nil }
            let place = try living.location(other)
            let depth = try living.packs[Int(living[other].pack)].block(place.block).depth
            return depth == 0 ? fit(other, place) : nil
        } catch {
            return nil
        }
    }

    /// Notes where the object lies, if it can be an anchor there.
    private func fit(_ number: Int, _ location: ObjectLocation) -> Int? {
        let end = location.offset + location.length
        guard location.length <= Int(Self.longest), end <= BlockLayout.contentLimits.opening else { return nil }
        living[number].block = UInt32(truncatingIfNeeded: location.block)
        living[number].end = UInt32(truncatingIfNeeded: end)
        return number
    }
}
