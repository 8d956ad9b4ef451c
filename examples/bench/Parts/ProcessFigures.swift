import LinuxIO

/// What the kernel says about a process.
struct ProcessFigures {
    /// Resident memory in bytes.
    var resident: Int
    /// The part of it that is no file's.
    var anonymous: Int
    var threads: Int
    /// CPU time so far, in seconds, all threads.
    var cpu: Double
    /// Bytes it caused to be written to disks so far.
    var written: Int
    /// How often its threads went to sleep so far.
    var sleeps: Int

    /// Reads them from /proc.
    init(_ pid: Int32) throws {
        let fields = Self.fields(try Files.read("/proc/\(pid)/status", limit: 65536))
        resident = (fields["VmRSS"] ?? 0) * 1024
        anonymous = (fields["RssAnon"] ?? 0) * 1024
        threads = fields["Threads"] ?? 0
        written = Self.fields(try Files.read("/proc/\(pid)/io", limit: 4096))["write_bytes"] ?? 0
        cpu = 0
        sleeps = 0
        for thread in try Files.list("/proc/\(pid)/task") {
            // A thread may end meanwhile.
            guard let times = try? Files.read("/proc/\(pid)/task/\(thread)/schedstat", limit: 256),
                let status = try? Files.read("/proc/\(pid)/task/\(thread)/status", limit: 65536)
            else { continue }
            let first = String(decoding: times, as: UTF8.self).split(separator: " ").first
            cpu += Double(first.flatMap { Int($0) } ?? 0) * 1e-9
            sleeps += Self.fields(status)["voluntary_ctxt_switches"] ?? 0
        }
    }

    private static func fields(_ text: [UInt8]) -> [String: Int] {
        var fields: [String: Int] = [:]
        for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
            let parts = line.split { $0 == ":" || $0 == "\t" || $0 == " " }
            if parts.count > 1, let value = Int(parts[1]) { fields[String(parts[0])] = value }
        }
        return fields
    }

    /// Waits until a process has used hardly any CPU time for half a second.
    static func awaitRest(of pid: Int32, _ bench: Workbench) throws {
        let end = bench.loop.now + .seconds(30)
        var before = try ProcessFigures(pid).cpu
        while bench.loop.now < end {
            bench.pass(.milliseconds(500))
            let now = try ProcessFigures(pid).cpu
            if now - before < 0.005 { return }
            before = now
        }
        throw BenchFailure("process \(pid) does not come to rest")
    }
}
