import CFuzzer
import Glibc

// Which target runs comes in the environment, not in the arguments: libFuzzer starts itself again with its own.
let name = unsafe getenv("FUZZ_TARGET").map { unsafe String(cString: $0) } ?? ""
guard let target = targets[name] else {
    report("FUZZ_TARGET is \"\(name)\"; expected one of \(targets.keys.sorted().joined(separator: ", "))")
    exit(64)
}
unsafe chosen = target

var count = CommandLine.argc
var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = unsafe CommandLine.unsafeArgv
exit(
    unsafe LLVMFuzzerRunDriver(&count, &arguments) { start, size in
        let bytes = unsafe [UInt8](UnsafeBufferPointer(start: start, count: size))
        unsafe chosen(FuzzInput(bytes))
        return 0
    })
