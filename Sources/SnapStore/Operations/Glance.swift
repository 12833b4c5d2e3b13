// A look at a working directory that changes nothing: while somebody types a command, at each press of a key, and to tell
// how a store is.
//
// It must not be in anybody's way. So nothing is locked, written or settled: of a copy that has no id of its own yet, the
// original's timeline is what there is to see, and the next command of the user's own settles that. What cannot be read
// is passed over, for the command itself will say so.

extension WorkingDirectory {
    /// The nearest working directory at or above `path`, opened to look at it and for nothing else.
    package static func glance(
        containing path: [UInt8], configurationFiles: ConfigurationFiles = ConfigurationFiles()
    ) throws(StoreError) -> WorkingDirectory {
        try open(Place.find(above: path), configurationFiles, isGlance: true)
    }

    /// The tags of the newest `limit` snapshots, each once, those of the newest first. They stand in manifests, and
    /// reading these takes time: `isEnough` is told how many were read, and ends it.
    package func recentTags(_ contents: TimelineContents, limit: Int, isEnough: (Int) -> Bool) -> [Text] {
        let reader = ObjectReader(packs)
        var tags: [Text] = []
        var known: Set<Text> = []
        var count = 0
        for snapshot in contents.newest {
            if count >= limit || isEnough(count) { break }
            count += 1
            guard let manifest = try? readManifest(snapshot, with: reader) else { continue }
            for tag in manifest.tags where known.insert(tag).inserted { tags.append(tag) }
        }
        return tags
    }
}
