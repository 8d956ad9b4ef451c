import LinuxIO
import Testing

/// What `ProcessMemory` does to the figures of this process.
struct ProcessMemoryTests {
    @Test("Code pages given up are no longer resident, and the code still runs")
    func releaseCodePages() throws {
        // Touches code that is not used again below.
        let text = (0..<100).map { "\(Double($0) / 3)" }.joined()
        let before = try residentFileKilobytes()
        ProcessMemory.releaseCodePages()
        let after = try residentFileKilobytes()
        #expect(after < before * 9 / 10)
        #expect((0..<100).map { "\(Double($0) / 3)" }.joined() == text)
    }

    private func residentFileKilobytes() throws -> Int {
        let status = String(decoding: try Files.read("/proc/self/status", limit: 65536), as: UTF8.self)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("RssFile:") })
        return try #require(line.split(whereSeparator: { $0 == " " || $0 == "\t" }).compactMap { Int($0) }.first)
    }
}
