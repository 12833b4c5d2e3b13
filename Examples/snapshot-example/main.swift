// The library in twenty lines: keep a directory's state, list what is kept, put it back beside itself.
//
// Usage: snapshot-example DIRECTORY TARGET

import SnapStore

let arguments = CommandLine.arguments
guard arguments.count == 3 else {
    print("usage: snapshot-example DIRECTORY TARGET")
    throw CancellationError()
}
let path = Array(arguments[1].utf8)
let target = Array(arguments[2].utf8)

_ = try WorkingDirectory.initialize(at: path, InitOptions())
let directory = try WorkingDirectory.open(containing: path)

var options = TakeOptions()
options.message = "from the example"
let report = try directory.take(options, observer: Observer())
print("took \(report.id.short): \(report.statistics.files) files, \(report.statistics.bytes) bytes")

for snapshot in try directory.list() {
    print("\(snapshot.id.short) \(snapshot.time) \(snapshot.message)")
}

let restored = try directory.restore(report.id, into: target, paths: [], observer: Observer())
print("restored \(restored.files) files, \(restored.failureCount) failures")
