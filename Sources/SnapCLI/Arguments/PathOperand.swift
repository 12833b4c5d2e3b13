// Paths as a person types them, from where the person stands, become paths from the working directory's root.
//
// `.` and `..` are resolved by the words alone, as git does it: what a path names need not be there any more. An absolute
// path may lead to the root by a symbolic link, as `$PWD` does, so each of its beginnings is looked up until one is the root
// or below it.

/// The path from the root `root`, where `here` is the current directory; empty for the root itself, nil outside of it.
///
/// `*`, `?` and `[` in what was typed are left to mean a pattern; in what comes from `here` they are escaped by a backslash,
/// because nobody typed them. `realPath` is the path without symbolic links, nil for what is not there.
func pathFromRoot(
    _ typed: [UInt8], here: [UInt8], root: [UInt8], isPattern: Bool = true, realPath: ([UInt8]) -> [UInt8]?
) -> [UInt8]? {
    let slash: UInt8 = 0x2F
    let isAbsolute = typed.first == slash
    let base = isAbsolute ? [] : components(here[...])
    let wanted = components(root[...])
    var parts = base
    // How many of the parts nobody typed.
    var given = base.count
    for part in components(typed[...]) {
        if part == [0x2E, 0x2E] {
            _ = parts.popLast()
            given = min(given, parts.count)
        } else {
            parts.append(part)
        }
    }
    if !parts.starts(with: wanted), isAbsolute {
        for count in parts.indices.map({ $0 + 1 }) {
            let beginning = parts[..<count].flatMap { [slash] + $0 }
            guard let real = realPath(beginning).map({ components($0[...]) }), real.starts(with: wanted) else {
                continue
            }
            parts = real + parts[count...]
            given = real.count
            break
        }
    }
    guard parts.starts(with: wanted) else { return nil }
    let inside = parts.enumerated().dropFirst(wanted.count).map {
        isPattern && $0.offset < given ? escaped($0.element) : $0.element
    }
    return Array(inside.joined(separator: [slash]))
}

/// The names between the slashes, without `.`.
private func components(_ path: ArraySlice<UInt8>) -> [[UInt8]] {
    path.split(separator: 0x2F).map { Array($0) }.filter { $0 != [0x2E] }
}

/// The name as a pattern that matches nothing else.
private func escaped(_ name: [UInt8]) -> [UInt8] {
    let special = Array("*?[\\".utf8)
    return name.flatMap { special.contains($0) ? [0x5C, $0] : [$0] }
}
