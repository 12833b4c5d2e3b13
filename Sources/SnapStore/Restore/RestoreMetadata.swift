// Owner, attributes, mode and time of what was made, in the one order that works.
//
// A change of owner takes away capabilities and set-id bits, so it comes first. Attributes of a user need a file that
// can be written, so they come before the mode. An access-control list and the mode are two views of one thing: the
// mode goes first, so that the list has the last word. The time is last, because all else that is done to a file may
// move it.

internal import CSnapSystem
internal import SnapSystem

private let aclPrefix = Array("system.posix_acl_".utf8)
private let defaultACL = Array("system.posix_acl_default".utf8)
private let userPrefix = Array("user.".utf8)

extension RestoreWorker {
    /// Gives `name` in `file`, or `file` itself, what the entry says. Answers what could not be done.
    func apply(
        _ entry: TreeEntry, to file: borrowing FileDescriptor, _ name: [UInt8]?, _ present: Present
    ) -> [String] {
        var problems: [String] = []
        var mode = entry.mode
        if present.owner != entry.owner || present.group != entry.group {
            setOwner(entry, file, name, present, &mode, &problems)
        }
        var attributes: [ExtendedAttribute] = []
        do throws(ContentError) {
            attributes = try reader.attributes(of: entry)
        } catch {
            problems.append("extended attributes: \(error.reason)")
        }
        for attribute in attributes where !attribute.name.starts(with: aclPrefix) {
            set(attribute, file, name, &problems)
        }
        if entry.type != .symbolicLink, mode != present.mode {
            attempt("mode", &problems) { () throws(SystemError) in
                if let name { try file.setPermissions(mode, of: name) } else { try file.setPermissions(mode) }
            }
        }
        for attribute in attributes where attribute.name.starts(with: aclPrefix) {
            set(attribute, file, name, &problems)
        }
        attempt("modification time", &problems) { () throws(SystemError) in
            if let name {
                try file.setModificationTime(seconds: entry.seconds, nanoseconds: entry.nanoseconds, of: name)
            } else {
                try file.setModificationTime(seconds: entry.seconds, nanoseconds: entry.nanoseconds)
            }
        }
        return problems
    }

    private func setOwner(
        _ entry: TreeEntry, _ file: borrowing FileDescriptor, _ name: [UInt8]?, _ present: Present,
        _ mode: inout UInt16, _ problems: inout [String]
    ) {
        func change(_ owner: UInt32, _ group: UInt32) throws(SystemError) {
            if let name {
                try file.setOwner(owner, group: group, of: name)
            } else {
                try file.setOwner(owner, group: group)
            }
        }
        // The system takes this number for "leave it".
        let unchanged = UInt32.max
        do throws(SystemError) {
            try change(entry.owner, entry.group)
            if entry.owner != unchanged && entry.group != unchanged { return }
            problems.append("owner \(entry.owner):\(entry.group) is not possible")
        } catch {
            problems.append("owner \(entry.owner):\(entry.group): \(error.reason)")
        }
        // The group alone may be allowed.
        var hasGroup = present.group == entry.group
        if !hasGroup && entry.group != unchanged {
            do throws(SystemError) {
                try change(unchanged, entry.group)
                hasGroup = true
            } catch {
                hasGroup = false
            }
        }
        // A program that ran as its owner must not run as whoever restores it.
        if present.owner != entry.owner { mode &= ~0o4000 }
        if !hasGroup && entry.type != .directory { mode &= ~0o2000 }
    }

    private func set(
        _ attribute: ExtendedAttribute, _ file: borrowing FileDescriptor, _ name: [UInt8]?, _ problems: inout [String]
    ) {
        let text = String(decoding: attribute.name, as: UTF8.self)
        attempt("attribute '\(text)'", &problems) { () throws(SystemError) in
            if let name { try file.setAttribute(attribute, of: name) } else { try file.setAttribute(attribute) }
        }
    }

    private func attempt(
        _ what: @autoclosure () -> String, _ problems: inout [String], _ body: () throws(SystemError) -> Void
    ) {
        do throws(SystemError) {
            try body()
        } catch {
            run.stopIfFull(error)
            problems.append("\(what()): \(error.reason)")
        }
    }

    // MARK: Directories

    /// Gives a directory, whose entries are all there, what is its own.
    func seal(_ directory: RestoreDirectory) {
        do throws(SystemError) {
            let open = try pool.open(directory)
            let present = Present(try open.descriptor.facts().0)
            let problems = apply(directory.entry, to: open.descriptor, nil, present)
            if !problems.isEmpty { fail(directory, problems.joined(separator: "; ")) }
        } catch {
            run.stopIfFull(error)
            fail(directory, "its mode and time cannot be set: \(error.reason)")
        }
    }

    /// Makes the target an ordinary directory, for its owner alone: what is made in it must inherit nothing, and
    /// nobody else may look in while it is half done. Attributes that the snapshot's root has are set in the end.
    func prepare(_ root: RestoreDirectory) {
        let open = run.root
        var problems: [String] = []
        var present: [ExtendedAttribute] = []
        attempt("extended attributes", &problems) { () throws(SystemError) in
            present = try open.descriptor.attributes()
        }
        for attribute in present
        where attribute.name.starts(with: aclPrefix) || attribute.name.starts(with: userPrefix) {
            let text = String(decoding: attribute.name, as: UTF8.self)
            attempt("attribute '\(text)'", &problems) { () throws(SystemError) in
                try open.descriptor.removeAttribute(attribute.name)
            }
        }
        attempt("mode", &problems) { () throws(SystemError) in
            if try open.descriptor.facts().0.permissions != 0o700 { try open.descriptor.setPermissions(0o700) }
        }
        if !problems.isEmpty { fail(root, problems.joined(separator: "; ")) }
    }

    /// Takes from the place what entries made in it would inherit: its default access-control list, which it gets back.
    func withholdInheritance(_ place: RestoreDirectory) -> ExtendedAttribute? {
        let open = run.root
        var problems: [String] = []
        var withheld: ExtendedAttribute?
        attempt("default access-control list", &problems) { () throws(SystemError) in
            guard let list = try open.descriptor.attributes().first(where: { $0.name == defaultACL }) else { return }
            try open.descriptor.removeAttribute(list.name)
            withheld = list
        }
        if !problems.isEmpty { fail(place, problems.joined(separator: "; ")) }
        return withheld
    }

    func giveBack(_ withheld: ExtendedAttribute?, to place: RestoreDirectory) {
        guard let withheld else { return }
        var problems: [String] = []
        set(withheld, run.root.descriptor, nil, &problems)
        if !problems.isEmpty { fail(place, problems.joined(separator: "; ")) }
    }
}
