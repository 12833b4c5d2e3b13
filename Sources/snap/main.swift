// The program: hands its arguments to SnapCLI and ends with the status that comes back.

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif
private import SnapCLI

exit(SnapCLI.main(processArguments()))
