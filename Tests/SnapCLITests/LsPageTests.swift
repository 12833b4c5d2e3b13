// Entries of a snapshot are shown as `ls` shows files, and gaps as gaps.

import Testing

@testable import SnapCLI
@testable import SnapStore

@Suite struct LsPageTests {
    private func entry(
        _ type: EntryType, _ path: String, _ change: (inout TreeEntry) -> Void = { _ in }
    ) -> SnapshotEntry {
        var entry = TreeEntry(type: type, name: [0x78])
        entry.mode = 0o644
        entry.owner = 1000
        entry.group = 100
        entry.seconds = 1_795_168_800
        change(&entry)
        return SnapshotEntry(path: Array(path.utf8), entry: entry)
    }

    private func line(_ entry: SnapshotEntry) -> String { LsPage.line(entry, name: entry.path) }

    private func longLine(_ entry: SnapshotEntry, offset: Int = 0) -> String {
        LsPage.longLine(entry, name: entry.path, offset: offset)
    }

    @Test(
        arguments: [
            (.file, 0o644, "-rw-r--r--"), (.directory, 0o755, "drwxr-xr-x"), (.symbolicLink, 0o777, "lrwxrwxrwx"),
            (.fifo, 0, "p---------"), (.socket, 0o7, "s------rwx"), (.characterDevice, 0o620, "crw--w----"),
            (.blockDevice, 0o660, "brw-rw----"), (.file, 0o4755, "-rwsr-xr-x"), (.file, 0o4644, "-rwSr--r--"),
            (.file, 0o2755, "-rwxr-sr-x"), (.file, 0o2644, "-rw-r-Sr--"), (.directory, 0o1777, "drwxrwxrwt"),
            (.directory, 0o1776, "drwxrwxrwT"), (.unknown, 0o111, "?--x--x--x"),
        ] as [(EntryType, UInt16, String)])
    func modesAreThoseOfLs(_ type: EntryType, _ mode: UInt16, _ text: String) {
        #expect(LsPage.modeText(entry(type, "x") { $0.mode = mode }) == text)
    }

    @Test func aLongLineHasModeOwnerSizeTimeAndName() {
        let file = entry(.file, "a") { $0.size = 1536 }
        #expect(longLine(file) == "-rw-r--r--   1000    100   1.5 KiB  2026-11-20 10:00  a")
        let directory = entry(.directory, "d") { $0.mode = 0o755 }
        #expect(longLine(directory) == "drwxr-xr-x   1000    100         -  2026-11-20 10:00  d/")
        let link = entry(.symbolicLink, "l") { $0.target = Array("to\n".utf8) }
        #expect(longLine(link) == #"lrw-r--r--   1000    100         -  2026-11-20 10:00  l -> "to\n""#)
        let device = entry(.blockDevice, "b") { $0.device = (8, 1) }
        #expect(longLine(device) == "brw-r--r--   1000    100      8, 1  2026-11-20 10:00  b")
    }

    @Test func timesAreLocal() {
        let file = entry(.file, "a")
        #expect(longLine(file, offset: 5400).hasSuffix("  2026-11-20 11:30  a"))
        #expect(longLine(file, offset: -86_400).hasSuffix("  2026-11-19 10:00  a"))
        let latest = entry(.file, "a") { $0.seconds = .max }
        #expect(longLine(latest, offset: 3600).hasSuffix("  9999-12-31 23:59  a"))
    }

    @Test func whatIsNotCoveredSaysWhy() {
        let gap = entry(.directory, "d") { $0.gap = (.unreadable, false, "permission denied") }
        #expect(line(gap) == "d/ (not covered: unreadable, permission denied)")
        let facts = "d?????????      ?      ?         ?                 ?"
        #expect(longLine(gap) == facts + "  d/ (not covered: unreadable, permission denied)")
        let moving = entry(.file, "f") { $0.gap = (.unstable, true, "changed while it was read") }
        #expect(line(moving) == "f (changed while it was read)")
        #expect(longLine(moving).hasPrefix("-rw-r--r--"))
        #expect(LsPage.bytes(gap, name: gap.path) == Array("d/\0".utf8))
    }

    @Test func namesCannotWriteToTheTerminal() {
        let hostile = entry(.directory, "a\u{1B}[2J") {
            $0.gap = (.unreadable, true, "\u{1B}x")
        }
        for text in [line(hostile), longLine(hostile)] { #expect(!text.contains("\u{1B}")) }
        #expect(line(hostile).hasPrefix(#""a\033[2J/""#))
        #expect(line(entry(.directory, "")) == "./")
        #expect(line(entry(.directory, "d/")) == "d/")
    }

    @Test func theFieldsOfLsAreThoseDocumented() {
        let all = entry(.symbolicLink, "a") {
            $0.device = (8, 1)
            $0.target = [0xFF]
            $0.gap = (.unreadable, true, "attributes")
        }
        let documented = Set(LsPage.fields.flatMap { $0.term.split(separator: ",").map { $0.filter { $0 != " " } } })
        let line = LsPage.json(all)
        #expect(Set(line.keys.map { $0 == "target_base64" ? "target" : $0 }) == documented)
        #expect(line.text.contains(#""target_base64":"/w==""#))
        let gap = LsPage.json(entry(.file, "a") { $0.gap = (.nestedStore, false, "") })
        #expect(gap.text == #"{"covered":false,"gap":"nested_store","kind":"file","path":"a"}"# + "\n")
    }
}
