import Testing

@testable import ATProtocol

@Suite("UTF8Validator")
struct UTF8ValidatorTests {
    private func isValid(_ bytes: [UInt8]) -> Bool {
        var validator = UTF8Validator()
        return bytes.allSatisfy { validator.accepts($0) } && validator.isAtBoundary
    }

    @Test func `agrees with the standard library on everything`() {
        var wrong: [[UInt8]] = []
        for first in 0...255 as ClosedRange<UInt8> {
            for second in 0...255 as ClosedRange<UInt8> {
                for tail in [[], [0x80], [0xBF, 0x80], [0x41], [0x80, 0xC0]] as [[UInt8]] {
                    let bytes = [first, second] + tail
                    if isValid(bytes) != (String(validating: bytes, as: UTF8.self) != nil) { wrong.append(bytes) }
                }
            }
        }
        #expect(wrong.isEmpty)
    }
}
