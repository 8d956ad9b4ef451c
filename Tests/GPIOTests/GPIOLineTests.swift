import Glibc
import Testing

@testable import GPIO

/// The real library where no chip is needed: what it says about devices that are not there or are no chips.
@Suite struct GPIOLineTests {
    static let refused: [(chip: String, failure: GPIOError)] = [
        ("gpiochip-none", .noChip("/dev/gpiochip-none")),
        ("/does/not/exist", .noChip("/does/not/exist")),
        ("null", .notAChip("/dev/null")),
        ("/dev/zero", .notAChip("/dev/zero")),
    ]

    @Test(arguments: refused) func whatIsNoChip(chip: String, failure: GPIOError) {
        #expect(throws: failure) { _ = try GPIOLine(chip: chip, line: 1, activeLow: true) }
        #expect(throws: failure) { try GPIOLine.check(chip: chip, line: 1) }
    }

    @Test func regularFileIsNoChip() throws {
        let path = "/tmp/cellbridge-gpio-\(getpid())"
        let descriptor = unsafe open(path, O_CREAT | O_RDWR, 0o600)
        try #require(descriptor >= 0)
        close(descriptor)
        defer { _ = unsafe unlink(path) }
        #expect(throws: GPIOError.notAChip(path)) { try GPIOLine.check(chip: path, line: 0) }
    }

    @Test func theTextsSayWhatToDo() {
        #expect("\(GPIOError.noChip("/dev/gpiochip9"))".contains("gpiodetect"))
        #expect("\(GPIOError.forbidden("/dev/gpiochip0"))".contains("group"))
        #expect(
            "\(GPIOError.noLine(chip: "/dev/gpiochip0", line: 60, count: 54))"
                == "/dev/gpiochip0 has no line 60, only 0 to 53: the number is the line's offset in `gpioinfo`")
        #expect(
            "\(GPIOError.busy(chip: "/dev/gpiochip0", line: 4, consumer: "w1"))"
                == "line 4 of /dev/gpiochip0 is in use by \"w1\"")
        #expect("\(GPIOError.busy(chip: "c", line: 4, consumer: nil))".contains("the kernel or another program"))
        #expect("\(GPIOError.failed(call: "x", chip: "c", code: EIO))" == "x c: Input/output error")
    }

    /// Only where the kernel has chips, as with gpio-sim; the check never moves a line.
    @Test(.enabled(if: unsafe access("/dev/gpiochip0", R_OK | W_OK) == 0)) func aChipThatIsThere() {
        #expect(throws: GPIOError.self) { try GPIOLine.check(chip: "gpiochip0", line: 100_000) }
    }
}
