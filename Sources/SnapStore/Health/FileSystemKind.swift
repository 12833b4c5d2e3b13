// What is known of file systems by their type: what a revert can do there, and whether locks are the affair of another machine.
//
// Whether files can be exchanged in one step or share blocks is only found out by doing it, and a check of health changes nothing. So it is
// looked up: by the numbers of linux/magic.h and of the file systems' own headers, as of Linux 6.12.

/// A type of file system.
public struct FileSystemKind: Sendable, Equatable {
    public enum Ability: Sendable { case yes, no, unknown }

    /// As `mount` calls it; a number where it is not known here.
    public let name: String
    /// The files are on another machine.
    public let isNetwork: Bool
    /// Two names can be exchanged in one step (`RENAME_EXCHANGE`).
    public let exchangesNames: Ability
    /// Files can share blocks (`FICLONE`).
    public let sharesBlocks: Ability
    /// It is gone when the machine is switched off.
    public let isInMemory: Bool
    /// Locks are listed with another device number than the one that its files have.
    let hasOtherDevices: Bool

    private init(
        _ name: String, exchange: Ability, sharing: Ability, isNetwork: Bool = false, isInMemory: Bool = false,
        hasOtherDevices: Bool = false
    ) {
        self.name = name
        exchangesNames = exchange
        sharesBlocks = sharing
        self.isNetwork = isNetwork
        self.isInMemory = isInMemory
        self.hasOtherDevices = hasOtherDevices
    }

    /// The type with the kernel's number `number`.
    public init(number: UInt32) {
        self =
            Self.known[number]
            ?? FileSystemKind("type 0x" + String(number, radix: 16), exchange: .unknown, sharing: .unknown)
    }

    private static let known: [UInt32: FileSystemKind] = [
        0x0000_EF53: FileSystemKind("ext4", exchange: .yes, sharing: .no),
        0x5846_5342: FileSystemKind("xfs", exchange: .yes, sharing: .unknown),
        0x9123_683E: FileSystemKind("btrfs", exchange: .yes, sharing: .yes, hasOtherDevices: true),
        0xCA45_1A4E: FileSystemKind("bcachefs", exchange: .yes, sharing: .yes, hasOtherDevices: true),
        0x2FC1_2FC1: FileSystemKind("zfs", exchange: .unknown, sharing: .unknown),
        0xF2F5_2010: FileSystemKind("f2fs", exchange: .yes, sharing: .no),
        0x2405_1905: FileSystemKind("ubifs", exchange: .yes, sharing: .no),
        0x0102_1994: FileSystemKind("tmpfs", exchange: .yes, sharing: .no, isInMemory: true),
        0x8584_58F6: FileSystemKind("ramfs", exchange: .yes, sharing: .no, isInMemory: true),
        0x794C_7630: FileSystemKind("overlay", exchange: .unknown, sharing: .unknown, hasOtherDevices: true),
        0x0000_F15F: FileSystemKind("ecryptfs", exchange: .no, sharing: .no),
        0x6573_5546: FileSystemKind("fuse", exchange: .unknown, sharing: .no),
        0x0000_4D44: FileSystemKind("vfat", exchange: .unknown, sharing: .no),
        0x2011_BAB0: FileSystemKind("exfat", exchange: .no, sharing: .no),
        0x7366_746E: FileSystemKind("ntfs3", exchange: .no, sharing: .no),
        0x5346_544E: FileSystemKind("ntfs", exchange: .no, sharing: .no),
        0x0000_482B: FileSystemKind("hfsplus", exchange: .no, sharing: .no),
        0x3153_464A: FileSystemKind("jfs", exchange: .no, sharing: .no),
        0x5265_4973: FileSystemKind("reiserfs", exchange: .no, sharing: .no),
        0x0000_3434: FileSystemKind("nilfs2", exchange: .no, sharing: .no),
        0x1501_3346: FileSystemKind("udf", exchange: .no, sharing: .no),
        0x0000_9660: FileSystemKind("iso9660", exchange: .no, sharing: .no),
        0x7371_7368: FileSystemKind("squashfs", exchange: .no, sharing: .no),
        0xE0F5_E1E2: FileSystemKind("erofs", exchange: .no, sharing: .no),
        0x786F_4256: FileSystemKind("vboxsf", exchange: .no, sharing: .no, isNetwork: true),
        0x0000_6969: FileSystemKind("nfs", exchange: .no, sharing: .unknown, isNetwork: true),
        0x0000_517B: FileSystemKind("smbfs", exchange: .no, sharing: .no, isNetwork: true),
        0xFF53_4D42: FileSystemKind("cifs", exchange: .no, sharing: .unknown, isNetwork: true),
        0xFE53_4D42: FileSystemKind("smb3", exchange: .no, sharing: .unknown, isNetwork: true),
        0x0102_1997: FileSystemKind("9p", exchange: .no, sharing: .no, isNetwork: true),
        0x00C3_6400: FileSystemKind("ceph", exchange: .no, sharing: .no, isNetwork: true),
        0x5346_414F: FileSystemKind("afs", exchange: .no, sharing: .no, isNetwork: true),
        0x6B41_4653: FileSystemKind("afs", exchange: .no, sharing: .no, isNetwork: true),
        0x0BD0_0BD0: FileSystemKind("lustre", exchange: .no, sharing: .no, isNetwork: true),
        0x0116_1970: FileSystemKind("gfs2", exchange: .yes, sharing: .no, isNetwork: true),
        0x7461_636F: FileSystemKind("ocfs2", exchange: .no, sharing: .yes, isNetwork: true),
    ]
}
