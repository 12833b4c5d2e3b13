// Trees and lists of a take under way, which no pack shows yet: a second walk compares with them, and a dry take's reader has nothing else.
//
// What goes beyond a limit lies in a temporary file: of a large tree's first take most is never asked for again.

internal import SnapSystem

struct EmittedObjects {
    private var objects: [ObjectKey: [UInt8]] = [:]
    private var bytes = 0
    private var spilled: [ObjectKey: (offset: UInt64, length: Int)] = [:]
    private var file: SpillFile?
    private let limit: Int
    private let makeFile: @Sendable () throws(SystemError) -> SpillFile

    /// Bytes beyond `limit` go to the file that `makeFile` makes when it is needed.
    init(limit: Int, spillingTo makeFile: @escaping @Sendable () throws(SystemError) -> SpillFile) {
        self.limit = limit
        self.makeFile = makeFile
    }

    mutating func keep(_ key: ObjectKey, _ object: [UInt8]) throws(SystemError) {
        guard objects[key] == nil, spilled[key] == nil else { return }
        if bytes + object.count <= limit {
            objects[key] = object
            bytes += object.count
            return
        }
        let file = if let file { file } else { try makeFile() }
        self.file = file
        let offset = unsafe try file.append(object.span.bytes)
        spilled[key] = (offset, object.count)
    }

    /// nil: it is not of this take.
    func bytes(of key: ObjectKey) throws(SystemError) -> [UInt8]? {
        if let object = objects[key] { return object }
        guard let place = spilled[key], let file else { return nil }
        return try file.read(at: place.offset, count: place.length)
    }

    /// Everything, in memory.
    func all() throws(SystemError) -> [ObjectKey: [UInt8]] {
        var result = objects
        for key in spilled.keys { result[key] = try bytes(of: key) }
        return result
    }
}
