import BridgeTestKit
import Glibc
import LinuxIO
import ModemCore
import PrivateBroker
import Testing

@testable import BridgeRuntime

/// The note of a send that is under way, between one process and the next.
@Suite struct SendMarkTests {
    private let folder: TemporaryDirectory
    private let path: String

    init() throws {
        folder = try TemporaryDirectory("mark")
        path = folder.file("sending-dev-ttyUSB0")
    }

    private func mark() -> SendMark { SendMark(in: folder.path, port: "/dev/ttyUSB0") }

    /// What the next process finds after this one was killed: what is in the file now.
    private func found() -> OpenSend? { mark().leftOver }

    @Test func nothingIsWrittenBeforeASend() throws {
        let mark = mark()
        #expect(mark.leftOver == nil)
        mark.set(nil)
        #expect(try Files.list(folder.path).isEmpty)
    }

    @Test func theNextProcessFindsWhatWasSetLast() throws {
        let mark = mark()
        for bytes in [1, 9, 10, 1460, 65_536] {
            for isWritten in [false, true] {
                for isHarmless in [false, true] {
                    let send = OpenSend(bytes: bytes, isWritten: isWritten, isHarmless: isHarmless)
                    mark.set(send)
                    #expect(found() == send)
                }
            }
        }
        #expect(try Files.list(folder.path) == ["sending-dev-ttyUSB0"])
        mark.set(nil)
        #expect(found() == nil)
        mark.set(OpenSend(bytes: 7, isHarmless: true))
        #expect(found() == OpenSend(bytes: 7, isHarmless: true))
        mark.set(nil)
    }

    @Test func anOrderlyEndLeavesNoFileAndAnOpenSendStays() throws {
        do {
            let mark = mark()
            mark.set(OpenSend(bytes: 100, isHarmless: false))
            mark.set(nil)
            #expect(Files.exists(path))
        }
        #expect(!Files.exists(path))
        do { mark().set(OpenSend(bytes: 100, isWritten: true, isHarmless: false)) }
        let next = mark()
        #expect(next.leftOver == OpenSend(bytes: 100, isWritten: true, isHarmless: false))
        // What is left over ends with the first that is known to be none.
        next.set(nil)
        #expect(next.leftOver == nil)
    }

    @Test func whoWritesNothingRemovesNothing() throws {
        do { mark().set(OpenSend(bytes: 100, isHarmless: false)) }
        do { #expect(found() != nil) }
        #expect(found() != nil)
    }

    @Test(arguments: [
        "", " ", "00000100", "00000100 w", "00000100 w h x", "0000010x w h", "00000000 w h", "-0000100 w h",
        "00065537 w h", "99999999999999999999 w h", "\u{0}\u{0}\u{0}\u{0}", "w h 00000100",
    ])
    func damagedContentsAreNoSend(text: String) throws {
        try Files.writeAtomically(path, Array(text.utf8))
        #expect(found() == nil)
    }

    @Test(arguments: [[UInt8](repeating: 0xFF, count: 20), Array("\n".utf8), [UInt8](repeating: 0x61, count: 5000)])
    func foreignContentsAreReplaced(bytes: [UInt8]) throws {
        try Files.writeAtomically(path, bytes)
        let mark = mark()
        #expect(mark.leftOver == nil)
        let send = OpenSend(bytes: 512, isWritten: true, isHarmless: true)
        mark.set(send)
        #expect(found() == send)
        mark.set(nil)
        #expect(found() == nil)
    }

    @Test func unknownLettersAreTheWorstThatTheyCanBe() throws {
        try Files.writeAtomically(path, Array("00000100 ? ?".utf8))
        #expect(found() == OpenSend(bytes: 100, isWritten: false, isHarmless: false))
    }

    @Test func aPlaceThatCannotBeWrittenIsNoMark() throws {
        let mark = SendMark(in: folder.file("none"), port: "/dev/ttyUSB0")
        mark.set(OpenSend(bytes: 100, isHarmless: false))
        #expect(mark.leftOver == nil)
        mark.set(nil)
    }

    /// Pseudo-terminals have the numbers of earlier ones: what was under way on such a one says nothing of this one.
    @Test func anEarlierPseudoTerminalIsAnother() throws {
        let terminal = try PseudoTerminal()
        func mark() -> SendMark { SendMark(in: folder.path, port: terminal.slavePath) }
        let send = OpenSend(bytes: 592, isHarmless: true)
        let first = mark()
        first.set(send)
        #expect(mark().leftOver == send)
        // As if it had been written before this terminal was made.
        let file = try #require(try Files.list(folder.path).first)
        var times = [timespec(tv_sec: 1000, tv_nsec: 0), timespec(tv_sec: 1000, tv_nsec: 0)]
        #expect(unsafe utimensat(AT_FDCWD, folder.file(file), &times, 0) == 0)
        #expect(mark().leftOver == nil)
    }

    @Test func eachPortHasItsOwn() throws {
        let long = "/dev/" + String(repeating: "x", count: 500)
        let marks = ["/dev/ttyUSB0", "/dev/ttyUSB1", long].map { SendMark(in: folder.path, port: $0) }
        for (index, mark) in marks.enumerated() { mark.set(OpenSend(bytes: index + 1, isHarmless: true)) }
        #expect(marks.map { $0.leftOver?.bytes } == [1, 2, 3])
        for mark in marks { mark.set(nil) }
    }
}
