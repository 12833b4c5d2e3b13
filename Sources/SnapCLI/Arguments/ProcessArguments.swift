// The arguments as the system gave them. `CommandLine.arguments` repairs what is not UTF-8, and a repaired path names
// another file or none.

/// The arguments behind the program's name.
package func processArguments() -> [[UInt8]] {
    var result: [[UInt8]] = []
    for index in 1..<max(1, Int(CommandLine.argc)) {
        guard let argument = unsafe CommandLine.unsafeArgv[index] else { break }
        var bytes: [UInt8] = []
        var next = unsafe argument
        while unsafe next.pointee != 0 {
            bytes.append(UInt8(bitPattern: unsafe next.pointee))
            unsafe next += 1
        }
        result.append(bytes)
    }
    return result
}
