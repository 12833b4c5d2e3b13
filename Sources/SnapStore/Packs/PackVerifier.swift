// Checking every byte of a pack, and going on after damage: each thing that is wrong is reported, with the objects it
// hurts.

internal import SnapSystem

/// One thing that is wrong with a pack.
package struct PackDamage: Equatable, Sendable, CustomStringConvertible {
    package var file: String
    /// nil: the pack as a whole, or its index.
    package var block: Int?
    /// Those that cannot be read from this pack because of it. Empty where only the pack's form is hurt.
    package var objects: [ObjectKey]
    package var what: String

    package var description: String {
        let place = block.map { "'\(file)', block \($0)" } ?? "'\(file)'"
        return objects.isEmpty ? "\(place): \(what)" : "\(place), \(objects.count) objects: \(what)"
    }
}

/// Verifies packs. One per thread; bases are read through `store`.
package final class PackVerifier {
    private let reader: ObjectReader
    private let hasher = ObjectHasher()
    private let buffer = ByteBuffer()
    /// Bytes read so far, for progress.
    package private(set) var bytesRead: UInt64 = 0

    package init(_ store: PackSet) {
        reader = ObjectReader(store)
    }

    /// Everything: structure, each block's bytes, each object's id.
    package func verify(_ pack: Pack) -> [PackDamage] {
        let (structural, contents) = verifyStructure(pack)
        var result = structural
        guard let contents else { return result }
        for number in 0..<pack.blockCount { result += verifyBlock(pack, number, contents) }
        return result
    }

    /// All but the blocks' data: the id, the checksums of the index, its order, and that the contents frames agree
    /// with it. Without the contents in the result, the blocks cannot be verified.
    package func verifyStructure(_ pack: Pack) -> (damages: [PackDamage], contents: PackContents?) {
        var damages: [PackDamage] = []
        func attempt<R>(_ body: () throws(PackError) -> R) -> R? {
            do throws(PackError) {
                return try body()
            } catch {
                damages.append(PackDamage(file: pack.label, objects: [], what: error.detail))
                return nil
            }
        }
        _ = attempt { () throws(PackError) in
            let id = try pack.computeID()
            if let name = pack.id, name != id {
                throw .damaged(file: pack.label, what: "its id is \(id), not its name")
            }
        }
        for section in pack.index.sections {
            _ = attempt { () throws(PackError) in
                try pack.index.bytes.withBytes { (bytes) throws(PackError) in try pack.index.check(section, bytes) }
            }
        }
        _ = attempt { () throws(PackError) in try verifyOrder(pack) }
        _ = attempt { () throws(PackError) in try verifyTiling(pack) }
        bytesRead += UInt64(pack.index.length)
        guard let contents = attempt({ () throws(PackError) in try PackContents(pack) }) else { return (damages, nil) }
        for number in 0..<pack.blockCount {
            do throws(PackError) {
                _ = try pack.objects(of: number, contents, buffer)
            } catch {
                damages.append(PackDamage(file: pack.label, block: number, objects: [], what: error.detail))
            }
        }
        return (damages, contents)
    }

    private func verifyOrder(_ pack: Pack) throws(PackError) {
        for run in pack.index.runs {
            var last: ObjectID?
            for number in run.first..<run.first + run.count {
                let id = try pack.index.id(number)
                if let last, last >= id {
                    throw .damaged(file: pack.label, what: "the ids in its index are not in order")
                }
                last = id
                // Through the fanout too.
                if let type = ObjectType(rawValue: run.type), try pack.index.lowerBound(type, id) != number {
                    throw .damaged(file: pack.label, what: "its fanout is wrong")
                }
            }
        }
    }

    /// Header, blocks and index follow one another without a gap, so that the checksums leave no byte out.
    private func verifyTiling(_ pack: Pack) throws(PackError) {
        var end = UInt64(PackFormat.headerLength)
        for number in 0..<pack.blockCount {
            let block = try pack.block(number)
            guard block.offset - UInt64(block.contentsLength) == end else {
                throw .damaged(file: pack.label, what: "bytes before block \(number) belong to nothing")
            }
            end = block.offset + UInt64(block.storedLength)
        }
        guard end == pack.index.offset else {
            throw .damaged(file: pack.label, what: "bytes before the index belong to nothing")
        }
    }

    /// Only that a block's stored bytes are right.
    package func verifyChecksum(_ pack: Pack, _ number: Int) throws(PackError) {
        try pack.readStored(number, into: buffer)
        bytesRead += UInt64(buffer.count)
    }

    /// A block's stored bytes, what they decompress to, and the id of each object in it.
    package func verifyBlock(_ pack: Pack, _ number: Int, _ contents: PackContents) -> [PackDamage] {
        do throws(PackError) {
            let plain = try reader.plain(pack, number)
            bytesRead += UInt64(try pack.block(number).storedLength)
            let wrong = try wrongObjects(pack, number, contents, plain)
            return wrong.map {
                PackDamage(file: pack.label, block: number, objects: [$0], what: "its bytes do not have its id")
            }
        } catch {
            let keys = contents.objects(of: number).compactMap { object in
                // The block is reported in any case; of an index that cannot be read there is nothing more to say.
                try? pack.object(at: Int(object))?.key
            }
            return [PackDamage(file: pack.label, block: number, objects: keys, what: error.detail)]
        }
    }

    private func wrongObjects(
        _ pack: Pack, _ number: Int, _ contents: PackContents, _ plain: ByteBuffer
    ) throws(PackError) -> [ObjectKey] {
        let block = try pack.block(number)
        var keys: [ObjectKey] = []
        var pieces: [(type: ObjectType, offset: Int, length: Int)] = []
        for object in contents.objects(of: number) {
            guard let (key, location) = try pack.object(at: Int(object)) else { continue }
            keys.append(key)
            pieces.append((key.type, location.offset, location.length))
        }
        let indexed = pieces.count
        // Copies that the index has elsewhere are there too, so what they hash to must be found. A frame that cannot be
        // read is reported by `verifyStructure`.
        var offset = 0
        for object in (try? pack.objects(of: number, contents, buffer)) ?? [] {
            if !object.isIndexed { pieces.append((object.type, offset, Int(object.length))) }
            offset += Int(object.length)
        }
        guard pieces.allSatisfy({ $0.offset + $0.length <= block.plainLength }) else {
            throw .damaged(file: pack.label, what: "objects lie outside block \(number)")
        }
        var ids: [ObjectID] = []
        plain.withBytes { hasher.hash($0, pieces, into: &ids) }
        for position in indexed..<pieces.count {
            guard try pack.find(ObjectKey(pieces[position].type, ids[position])) != nil else {
                throw .damaged(file: pack.label, what: "block \(number) holds an object that the index lacks")
            }
        }
        return keys.indices.filter { keys[$0].id != ids[$0] }.map { keys[$0] }
    }
}
