// Extended attributes, and with them access-control lists and capabilities, which Linux keeps as attributes.
//
// A file that is open is asked by its descriptor. Symbolic links and nodes are not opened: they are asked through
// /proc/self/fd, which names the directory without its path, so that no component can be swapped underneath.

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif
private import CSnapSystem

package struct ExtendedAttribute: Equatable, Sendable {
    package var name: [UInt8]
    package var value: [UInt8]

    package init(name: [UInt8], value: [UInt8]) {
        self.name = name
        self.value = value
    }
}

extension FileDescriptor {
    /// The open file's attributes, sorted by name. Empty where the file system has none.
    package borrowing func attributes() throws(SystemError) -> [ExtendedAttribute] {
        let number = raw
        return unsafe try readAttributes(
            list: { unsafe flistxattr(number, $0, $1) }, get: { unsafe fgetxattr(number, $0, $1, $2) })
    }

    /// The attributes of `name` in this directory, a symbolic link's own.
    package borrowing func attributes(of name: some Collection<UInt8>) throws(SystemError) -> [ExtendedAttribute] {
        return unsafe try withPath(Array("/proc/self/fd/\(raw)/".utf8) + name) { (path) throws(SystemError) in
            unsafe try readAttributes(
                list: { unsafe llistxattr(path, $0, $1) }, get: { unsafe lgetxattr(path, $0, $1, $2) })
        }
    }

    package borrowing func setAttribute(_ attribute: ExtendedAttribute) throws(SystemError) {
        let number = raw
        _ = unsafe try withPath(attribute.name) { (name) throws(SystemError) in
            try retrying("fsetxattr") {
                unsafe attribute.value.withUnsafeBytes { unsafe fsetxattr(number, name, $0.baseAddress, $0.count, 0) }
            }
        }
    }

    package borrowing func setAttribute(_ attribute: ExtendedAttribute, of file: some Collection<UInt8>)
        throws(SystemError)
    {
        let place = Array("/proc/self/fd/\(raw)/".utf8) + file
        _ = unsafe try withPath(place) { (path) throws(SystemError) in
            unsafe try withPath(attribute.name) { (name) throws(SystemError) in
                try retrying("lsetxattr") {
                    unsafe attribute.value.withUnsafeBytes { unsafe lsetxattr(path, name, $0.baseAddress, $0.count, 0) }
                }
            }
        }
    }

    package borrowing func removeAttribute(_ attribute: [UInt8], of file: some Collection<UInt8>) throws(SystemError) {
        let place = Array("/proc/self/fd/\(raw)/".utf8) + file
        _ = unsafe try withPath(place) { (path) throws(SystemError) in
            unsafe try withPath(attribute) { (name) throws(SystemError) in
                try retrying("lremovexattr") { unsafe lremovexattr(path, name) }
            }
        }
    }

    package borrowing func removeAttribute(_ attribute: [UInt8]) throws(SystemError) {
        let number = raw
        _ = unsafe try withPath(attribute) { (name) throws(SystemError) in
            try retrying("fremovexattr") { unsafe fremovexattr(number, name) }
        }
    }
}

@unsafe
private func readAttributes(
    list: (UnsafeMutablePointer<CChar>?, Int) -> Int,
    get: (UnsafePointer<CChar>, UnsafeMutableRawPointer?, Int) -> Int
) throws(SystemError) -> [ExtendedAttribute] {
    var names: [CChar] = []
    while true {
        let size: Int
        do {
            size = try retrying("listxattr") { list(nil, 0) }
        } catch {
            if error.isNotSupported { return [] }
            throw error
        }
        if size == 0 { return [] }
        names = [CChar](repeating: 0, count: size)
        do {
            let count = try retrying("listxattr") {
                unsafe names.withUnsafeMutableBufferPointer { unsafe list($0.baseAddress, $0.count) }
            }
            names.removeLast(size - count)
            break
        } catch {
            if error.code != ERANGE { throw error }  // grew between the two calls: ask again
        }
    }
    var result: [ExtendedAttribute] = []
    for part in names.split(separator: 0) {
        let name = part.map { UInt8(bitPattern: $0) }
        let value: [UInt8]? = unsafe try withPath(name) { (pointer) throws(SystemError) in
            while true {
                do throws(SystemError) {
                    let size = try retrying("getxattr") { unsafe get(pointer, nil, 0) }
                    var value = [UInt8](repeating: 0, count: size)
                    let count = try retrying("getxattr") {
                        unsafe value.withUnsafeMutableBytes { unsafe get(pointer, $0.baseAddress, $0.count) }
                    }
                    return Array(value.prefix(count))
                } catch {
                    if error.code == ENODATA { return nil }  // removed since it was listed
                    if error.code != ERANGE { throw error }
                }
            }
        }
        if let value { result.append(ExtendedAttribute(name: name, value: value)) }
    }
    return result.sorted { $0.name.lexicographicallyPrecedes($1.name) }
}
